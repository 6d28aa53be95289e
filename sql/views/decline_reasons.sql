-- One row: a month, status Declined or In Review, and a warning, with how many sessions have it.
--
-- The month is that of the session's creation, the status that of now. A session with several warnings counts in each
-- row, so rows must not be added up. What is a reason is told by log_type: the workflow declines for an error and
-- asks for a review for a warning; information explains nothing and is left out.
--
-- question: For which reasons are sessions declined or reviewed, and how does that change from month to month?
-- column month internal: first day of the month, in UTC, in which the sessions were created
-- column status internal: Declined or In Review
-- column risk internal: code of the warning
-- column sessions internal: with the warning
-- column sessions_of_status internal: all of the month with the status, with a warning or without
-- column share internal: sessions / sessions_of_status
-- column sessions_month_before internal: the same of the month before
-- column share_month_before internal: the same of the month before; null where no session had the status
-- example: SELECT feature, risk, sessions, share, share_month_before FROM decline_reasons WHERE status = 'Declined' AND month = DATE '2026-10-01' ORDER BY sessions DESC LIMIT 10
CREATE OR REPLACE VIEW decline_reasons AS
WITH chosen AS (
    SELECT application, session_id, month, status
    FROM live_sessions
    WHERE status IN ('Declined', 'In Review')
),
bases AS (
    SELECT application, month, status, count(*) AS sessions_of_status
    FROM chosen
    GROUP BY application, month, status
),
counted AS (
    SELECT c.application, c.month, c.status, w.feature, w.risk, w.log_type, count(DISTINCT c.session_id) AS sessions
    FROM chosen AS c
    JOIN warnings AS w
        ON w.application = c.application
        AND w.session_id = c.session_id
    WHERE w.log_type IN ('error', 'warning')
    GROUP BY c.application, c.month, c.status, w.feature, w.risk, w.log_type
)
SELECT
    n.application,
    n.month,
    n.status,
    n.feature,
    n.risk,
    n.log_type,
    n.sessions,
    b.sessions_of_status,
    n.sessions / b.sessions_of_status AS share,
    coalesce(p.sessions, 0) AS sessions_month_before,
    coalesce(p.sessions, 0) / pb.sessions_of_status AS share_month_before
FROM counted AS n
JOIN bases AS b
    ON b.application = n.application
    AND b.month = n.month
    AND b.status = n.status
LEFT JOIN bases AS pb
    ON pb.application = n.application
    AND pb.month = n.month - INTERVAL 1 MONTH
    AND pb.status = n.status
LEFT JOIN counted AS p
    ON p.application = n.application
    AND p.month = n.month - INTERVAL 1 MONTH
    AND p.status = n.status
    AND p.feature IS NOT DISTINCT FROM n.feature
    AND p.risk = n.risk
    AND p.log_type = n.log_type
ORDER BY n.application, n.month, n.status, n.sessions DESC, n.feature, n.risk, n.log_type
