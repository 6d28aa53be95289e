-- One row: something that happened to a verification of the subject, in order of time.
--
-- Changes of status are those of status_changes in queries/views.sql.
--
-- key: number
-- column number internal: from 1, in order of time
-- column happened_at internal: when it happened, or was seen to have happened
-- column is_exact internal: happened_at is the vendor's own word; false: it was seen then, and happened before
-- column application sessions.application
-- column session_id sessions.session_id
-- column event internal: created, status, or dropped (the vendor has it no more)
-- column from_status internal: before
-- column to_status internal: after
-- column actor internal: person, program or system; null: not known
WITH mine AS (
    SELECT s.application, s.session_id, s.created_at, s.upstream_gone_at
    FROM sessions AS s
    SEMI JOIN evidence_sessions AS e
        ON e.application = s.application
        AND e.session_id = s.session_id
),
events AS (
    SELECT created_at AS happened_at, true AS is_exact, application, session_id, 'created' AS event, NULL AS from_status, NULL AS to_status, NULL AS actor
    FROM mine
    UNION ALL
    SELECT upstream_gone_at, false, application, session_id, 'dropped', NULL, NULL, NULL
    FROM mine
    UNION ALL
    SELECT c.changed_at, c.is_exact, c.application, c.session_id, 'status', c.from_status, c.to_status, c.actor
    FROM status_changes AS c
    SEMI JOIN evidence_sessions AS e
        ON e.application = c.application
        AND e.session_id = c.session_id
)
SELECT
    row_number() OVER (ORDER BY happened_at, application, session_id, event, from_status, to_status, actor) AS number,
    happened_at,
    is_exact,
    application,
    session_id,
    event,
    from_status,
    to_status,
    actor
FROM events
WHERE happened_at IS NOT NULL
ORDER BY number
