-- One row: a stay of a session in review, from the change to In Review to the next change of status.
--
-- Time in Resubmitted is not review: it ends the stay, and a later return begins another. Where the vendor does not
-- time the beginning, began_at is the best that is known. If the session was first seen in review, or its first known
-- change leads out of review, that is the creation of the session: it began no earlier. If an earlier status had been
-- seen, it is when the night saw it: it began no later.
--
-- column began_at internal: when it came into review
-- column began_is_exact internal: the vendor named that instant
-- column ended_at internal: when it left review; null: it is still there
-- column ended_is_exact internal: the vendor named that instant; null: it is still there
-- column ended_status internal: into which status
-- column ended_by internal: person, program or system
-- column ended_by_name pii: who ended it; null where unknown
-- column hours internal: from began_at to ended_at; null: it is still there
-- column month internal: first day of the month, in UTC, in which it ended; null: it is still there
-- example: SELECT ended_by, count(*), sum(hours) FROM review_intervals GROUP BY ended_by
CREATE OR REPLACE VIEW review_intervals AS
WITH changes AS MATERIALIZED (
    SELECT application, session_id, changed_at, is_exact, from_status, to_status, actor, actor_name, source
    FROM status_changes
),
reviewed AS (
    SELECT DISTINCT application, session_id
    FROM changes
    WHERE to_status = 'In Review'
        OR from_status = 'In Review'
),
steps AS (
    SELECT
        c.*,
        lag(c.to_status) OVER w AS before,
        lead(c.changed_at) OVER w AS next_at,
        lead(c.is_exact) OVER w AS next_is_exact,
        lead(c.to_status) OVER w AS next_status,
        lead(c.actor) OVER w AS next_actor,
        lead(c.actor_name) OVER w AS next_actor_name
    FROM changes AS c
    SEMI JOIN reviewed AS r
        ON r.application = c.application
        AND r.session_id = c.session_id
    WINDOW w AS (PARTITION BY c.application, c.session_id ORDER BY c.changed_at, c.to_status <> 'In Review')
),
stays AS (
    SELECT
        application,
        session_id,
        if(is_exact OR from_status IS NOT NULL, changed_at, NULL) AS began_at,
        is_exact AS began_is_exact,
        next_at AS ended_at,
        next_is_exact AS ended_is_exact,
        next_status AS ended_status,
        next_actor AS ended_by,
        next_actor_name AS ended_by_name
    FROM steps
    WHERE to_status = 'In Review'
    UNION ALL
    SELECT application, session_id, NULL, false, changed_at, is_exact, to_status, actor, actor_name
    FROM steps
    WHERE from_status = 'In Review'
        AND before IS NULL
)
SELECT
    s.application,
    s.session_id,
    s.workflow_id,
    s.workflow_label,
    coalesce(t.began_at, s.created_at) AS began_at,
    t.began_is_exact,
    t.ended_at,
    t.ended_is_exact,
    t.ended_status,
    t.ended_by,
    t.ended_by_name,
    (epoch(t.ended_at) - epoch(coalesce(t.began_at, s.created_at))) / 3600 AS hours,
    date_trunc('month', t.ended_at AT TIME ZONE 'UTC')::DATE AS month
FROM stays AS t
JOIN live_sessions AS s
    ON s.application = t.application
    AND s.session_id = t.session_id
