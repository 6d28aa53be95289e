-- One row: a session that is in review now, with since when it waits.
--
-- Sessions that the vendor has deleted wait for nobody and are not in. The age is asked of the newest night, not of
-- the clock.
--
-- question: Which sessions wait for a review, and for how long?
-- column since internal: when it came into review, as far as known; see review_intervals
-- column since_is_exact internal: the vendor named that instant; otherwise it is the creation of the session, or the
--   night that saw it
-- column age_days internal: from since until knowledge.known_until
-- column age_bucket internal: <1 day, 1-3 days, 3-7 days, 7-30 days or >30 days; each begins with its lower bound
-- column known_until internal: the instant at which the age is told
-- example: SELECT session_id, workflow_label, since, age_days FROM review_backlog ORDER BY since, session_id LIMIT 20
CREATE OR REPLACE VIEW review_backlog AS
WITH open AS (
    SELECT application, session_id, max(began_at) AS since, arg_max(began_is_exact, began_at) AS since_is_exact
    FROM review_intervals
    WHERE ended_at IS NULL
    GROUP BY application, session_id
),
waiting AS (
    SELECT
        s.application,
        s.session_id,
        s.vendor_data_key,
        s.full_name,
        s.workflow_id,
        s.workflow_label,
        s.created_at,
        coalesce(o.since, s.created_at) AS since,
        coalesce(o.since_is_exact, false) AS since_is_exact,
        k.known_until
    FROM live_sessions AS s
    CROSS JOIN knowledge AS k
    LEFT JOIN open AS o
        ON o.application = s.application
        AND o.session_id = s.session_id
    WHERE s.status = 'In Review'
        AND s.upstream_state IS DISTINCT FROM 'deleted'
),
aged AS (
    SELECT *, (epoch(known_until) - epoch(since)) / 86400 AS age_days
    FROM waiting
)
SELECT
    * EXCLUDE (known_until),
    CASE
        WHEN age_days < 1 THEN '<1 day'
        WHEN age_days < 3 THEN '1-3 days'
        WHEN age_days < 7 THEN '3-7 days'
        WHEN age_days < 30 THEN '7-30 days'
        ELSE '>30 days'
    END AS age_bucket,
    known_until
FROM aged
ORDER BY since, application, session_id
