-- One row: a change of a session's status.
--
-- Changes are told by three sources. The activity feed names the instant, both statuses and who did it, of sessions
-- of persons. The reviews in a decision name the instant and the reviewer. And where neither tells of a change, it is
-- seen between two states of the session: it happened after not_before and not later than changed_at. The vendor
-- writes a review for what a person or a program decides, so that a change which is only seen was made by the
-- vendor's own rules.
--
-- A review may be of a single feature, and then its status is the feature's. The feed tells these apart, so that where
-- both tell of one instant, the feed counts. Of companies there is no feed: such a review is taken for a change.
--
-- The first status in which a session was seen is a change from null.
--
-- question: What happened to a session's status, when, and who did it?
-- column changed_at internal: when it happened; where it was only seen, when it was seen
-- column is_exact internal: the vendor named the instant
-- column not_before internal: when the state before it was stored, or the session was created; null where the
--   instant is exact
-- column from_status internal: null: not known, or there was none
-- column to_status internal: the vendor's spelling
-- column actor internal: person, program (a key of the organisation) or system (the vendor's rules)
-- column actor_name pii: e-mail address, or name of the program; null where unknown
-- column has_comment internal: the change came with a comment
-- column source internal: activity, review or observed
-- example: SELECT changed_at, from_status, to_status, actor FROM status_changes WHERE session_id = '7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d' ORDER BY changed_at
CREATE OR REPLACE VIEW status_changes AS
WITH fed AS (
    SELECT
        application,
        session_id,
        created_at AS changed_at,
        previous_status AS from_status,
        new_status AS to_status,
        CASE actor_type WHEN 'SYSTEM' THEN 'system' WHEN 'API_KEY' THEN 'program' ELSE 'person' END AS actor,
        coalesce(actor_email, actor_display) AS actor_name,
        coalesce(comment, '') <> '' AS has_comment,
        'activity' AS source
    FROM activity
    WHERE activity_type = 'STATUS_UPDATED'
        AND new_status IS NOT NULL
        AND created_at IS NOT NULL
        AND previous_status IS DISTINCT FROM new_status
),
told AS (
    FROM fed
    UNION ALL
    SELECT
        r.application,
        r.session_id,
        r.created_at,
        NULL,
        r.new_status,
        CASE r.reviewer WHEN 'API Client' THEN 'program' ELSE 'person' END,
        r.reviewer,
        coalesce(r.comment, '') <> '',
        'review'
    FROM reviews AS r
    ANTI JOIN (FROM activity WHERE activity_type = 'STATUS_UPDATED') AS f
        ON f.application = r.application
        AND f.session_id = r.session_id
        AND f.created_at = r.created_at
    WHERE r.new_status IS NOT NULL
        AND r.created_at IS NOT NULL
),
seen AS (
    SELECT
        v.application,
        v.session_id,
        v.observed_at AS changed_at,
        v.status AS to_status,
        v.created_at,
        p.status AS from_status,
        p.observed_at AS before
    FROM sessions_versions AS v
    LEFT JOIN (FROM sessions_versions WHERE next_seq IS NOT NULL) AS p
        ON p.application = v.application
        AND p.session_id = v.session_id
        AND p.next_seq = v.version_seq
    WHERE v.status IS NOT NULL
        AND v.status IS DISTINCT FROM p.status
),
told_of AS (
    SELECT application, session_id, to_status, list(changed_at) AS instants
    FROM told
    GROUP BY application, session_id, to_status
)
SELECT application, session_id, changed_at, true AS is_exact, NULL::TIMESTAMPTZ AS not_before, from_status, to_status, actor, actor_name, has_comment, source
FROM told
UNION ALL
SELECT s.application, s.session_id, s.changed_at, false, coalesce(s.before, s.created_at), s.from_status, s.to_status, 'system', NULL, false, 'observed'
FROM seen AS s
LEFT JOIN told_of AS t
    ON t.application = s.application
    AND t.session_id = s.session_id
    AND t.to_status = s.to_status
WHERE t.instants IS NULL
    OR len(list_filter(t.instants, lambda i: i <= s.changed_at AND (s.before IS NULL OR i > s.before))) = 0
