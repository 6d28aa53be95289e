-- One row: something that happened to a verification of the subject, in order of time.
--
-- Changes of status are those of status_changes in queries/views.sql. Entries of lists are told when they were first seen,
-- and whenever their disposition was another one: what happened between two looks is dated by the second.
--
-- key: number
-- column number internal: from 1, in order of time
-- column happened_at internal: when it happened, or was seen to have happened
-- column is_exact internal: happened_at is the vendor's own word; false: it was seen then, and happened before
-- column application sessions.application
-- column session_id sessions.session_id
-- column event internal: created, status, activity, hit seen, hit judged, or dropped (the vendor has it no more)
-- column item criminal: the entry of a list, or the kind of activity
-- column from_value criminal: status or disposition before
-- column to_value criminal: status or disposition after
-- column actor internal: person, program or system; null: not known
-- column actor_name pii: e-mail address or name
WITH mine AS (
    SELECT s.application, s.session_id, s.created_at, s.upstream_gone_at
    FROM sessions AS s
    SEMI JOIN evidence_sessions AS e
        ON e.application = s.application
        AND e.session_id = s.session_id
),
hits AS (
    SELECT
        h.application,
        h.session_id,
        h.observed_at,
        coalesce(h.caption, h.row_key) AS item,
        h.review_status,
        row_number() OVER seen AS nth,
        lag(h.review_status) OVER seen AS before
    FROM aml_hits_versions AS h
    SEMI JOIN evidence_sessions AS e
        ON e.application = h.application
        AND e.session_id = h.session_id
    WHERE h.row_key IS NOT NULL
    WINDOW seen AS (PARTITION BY h.application, h.session_id, h.block_ordinal, h.row_key ORDER BY h.version_seq, h.item_ordinal)
),
events AS (
    SELECT created_at AS happened_at, true AS is_exact, application, session_id, 'created' AS event, NULL AS item, NULL AS from_value, NULL AS to_value, NULL AS actor, NULL AS actor_name
    FROM mine
    UNION ALL
    SELECT upstream_gone_at, false, application, session_id, 'dropped', NULL, NULL, NULL, NULL, NULL
    FROM mine
    UNION ALL
    SELECT c.changed_at, c.is_exact, c.application, c.session_id, 'status', NULL, c.from_status, c.to_status, c.actor, c.actor_name
    FROM status_changes AS c
    SEMI JOIN evidence_sessions AS e
        ON e.application = c.application
        AND e.session_id = c.session_id
    UNION ALL
    SELECT a.created_at, true, a.application, a.session_id, 'activity', a.activity_type, NULL, NULL,
        CASE a.actor_type WHEN 'SYSTEM' THEN 'system' WHEN 'API_KEY' THEN 'program' ELSE 'person' END, coalesce(a.actor_email, a.actor_display)
    FROM activity AS a
    SEMI JOIN evidence_sessions AS e
        ON e.application = a.application
        AND e.session_id = a.session_id
    WHERE a.activity_type IS DISTINCT FROM 'STATUS_UPDATED'
    UNION ALL
    SELECT observed_at, false, application, session_id, if(nth = 1, 'hit seen', 'hit judged'), item, before, review_status, NULL, NULL
    FROM hits
    WHERE nth = 1
        OR review_status IS DISTINCT FROM before
)
SELECT
    row_number() OVER (ORDER BY happened_at, application, session_id, event, item, from_value, to_value, actor, actor_name) AS number,
    happened_at,
    is_exact,
    application,
    session_id,
    event,
    item,
    from_value,
    to_value,
    actor,
    actor_name
FROM events
WHERE happened_at IS NOT NULL
ORDER BY number
