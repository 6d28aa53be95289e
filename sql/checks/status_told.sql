-- One row: a session whose status is not the one to which its newest change led, by its own activity feed.
--
-- Only changes until the session was last read count, and only feeds that were read later than the session.
--
-- severity: warning
-- owner: engineer
-- dimension: integrity
WITH told AS (
    SELECT
        a.application,
        a.session_id,
        arg_max(a.new_status, a.created_at) AS status,
        max(a.created_at) AS changed_at
    FROM activity AS a
    WHERE a.version_seq > $since
        AND a.activity_type = 'STATUS_UPDATED'
        AND a.new_status IS NOT NULL
    GROUP BY a.application, a.session_id
)
SELECT
    s.session_id AS id,
    'the status is ' || s.status || ', the feed ends with ' || t.status AS detail
FROM told AS t
JOIN sessions AS s
    ON s.application = t.application
    AND s.session_id = t.session_id
JOIN activity_feeds AS f
    ON f.application = t.application
    AND f.session_id = t.session_id
WHERE f.version_seq > $since
    AND s.status <> t.status
    AND t.changed_at <= s.observed_at
    AND f.observed_at >= s.observed_at
    AND s.status NOT IN ('Expired', 'Kyc Expired', 'Abandoned')
