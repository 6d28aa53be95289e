-- One row: a session whose activity is stored, and which is itself not stored.
--
-- severity: warning
-- owner: engineer
-- dimension: integrity
SELECT
    f.session_id AS id,
    'there is a feed and no session' AS detail
FROM activity_feeds AS f
ANTI JOIN sessions_versions AS s
    ON s.application = f.application
    AND s.session_id = f.session_id
ANTI JOIN rejects AS r
    ON r.application = f.application
    AND r.session_id = f.session_id
WHERE f.version_seq > $since
