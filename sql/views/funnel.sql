-- One row: a month, workflow and feature, with how many sessions got to the feature and through it.
--
-- The features of a session are those of its list row, which names all that the workflow asks for, also those that
-- the applicant has not come to. A feature is reached when it is more than Not Finished, and also when it must be
-- done again. A workflow may ask for a feature only of some sessions; where it asks for one twice, the session counts
-- twice in the feature's row. created, started and finished are of all sessions of the month and workflow, the same
-- in each of their rows.
--
-- question: How many sessions are started, reach each feature and finish, and where do applicants drop off?
-- column month internal: first day of the month, in UTC, in which the sessions were created
-- column feature internal: as in session_features; null: no session of the workflow has one
-- column created internal: sessions of the month and workflow
-- column started internal: sessions that are more than Not Started and Expired
-- column finished internal: sessions that came to an outcome: Approved, Declined, In Review or Kyc Expired
-- column abandoned internal: sessions with status Abandoned
-- column asked internal: started sessions that have the feature
-- column reached internal: started sessions that came to the feature
-- column passed internal: started sessions that stand approved in it
-- column dropped internal: sessions that have the feature, did not come to it and are Abandoned: who left before it
-- column reach_rate internal: reached / asked
-- column pass_rate internal: passed / reached
-- example: SELECT feature, sum(asked) AS asked, sum(reached) AS reached, sum(dropped) AS dropped FROM funnel GROUP BY feature ORDER BY dropped DESC
CREATE OR REPLACE VIEW funnel AS
WITH chosen AS (
    SELECT
        application,
        session_id,
        month,
        workflow_id,
        workflow_label,
        status,
        coalesce(status NOT IN ('Not Started', 'Expired'), false) AS is_started
    FROM live_sessions
),
totals AS (
    SELECT
        application,
        month,
        workflow_id,
        any_value(workflow_label) AS workflow_label,
        count(*) AS created,
        count(*) FILTER (is_started) AS started,
        count(*) FILTER (status IN ('Approved', 'Declined', 'In Review', 'Kyc Expired')) AS finished,
        count(*) FILTER (status = 'Abandoned') AS abandoned
    FROM chosen
    GROUP BY application, month, workflow_id
),
had AS (
    SELECT application, session_id, coalesce(feature, feature_raw) AS feature, status
    FROM session_features
    WHERE source = 'list_row'
),
steps AS (
    SELECT
        c.application,
        c.month,
        c.workflow_id,
        h.feature,
        count(*) AS asked,
        count(*) FILTER (h.status IS DISTINCT FROM 'Not Finished') AS reached,
        count(*) FILTER (h.status = 'Approved') AS passed,
        count(*) FILTER (c.status = 'Abandoned' AND h.status = 'Not Finished') AS dropped
    FROM chosen AS c
    JOIN had AS h
        ON h.application = c.application
        AND h.session_id = c.session_id
    WHERE c.is_started
    GROUP BY c.application, c.month, c.workflow_id, h.feature
)
SELECT
    t.application,
    t.month,
    t.workflow_id,
    t.workflow_label,
    p.feature,
    t.created,
    t.started,
    t.finished,
    t.abandoned,
    coalesce(p.asked, 0) AS asked,
    coalesce(p.reached, 0) AS reached,
    coalesce(p.passed, 0) AS passed,
    coalesce(p.dropped, 0) AS dropped,
    p.reached / nullif(p.asked, 0) AS reach_rate,
    p.passed / nullif(p.reached, 0) AS pass_rate
FROM totals AS t
LEFT JOIN steps AS p
    ON p.application = t.application
    AND p.month IS NOT DISTINCT FROM t.month
    AND p.workflow_id IS NOT DISTINCT FROM t.workflow_id
ORDER BY t.application, t.month, t.workflow_id, p.feature
