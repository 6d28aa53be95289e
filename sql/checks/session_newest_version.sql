-- One row: a session of which the newest stored version is known, and which is not shown in that version.
--
-- What the program knows for its next night stands in a table of its own. A session that is missing, or that was put
-- back to an older version, shows there. A version whose row could not be read is a reject.
--
-- severity: critical
-- owner: engineer
-- dimension: integrity
SELECT
    k.session_id AS id,
    CASE
        WHEN s.session_id IS NULL THEN 'version ' || k.version_seq || ' is not there, nor any other'
        WHEN s.version_seq <> k.version_seq THEN 'version ' || s.version_seq || ' is shown, want ' || k.version_seq
        ELSE 'version ' || k.version_seq || ' has another content than was stored'
    END AS detail
FROM session_state AS k
LEFT JOIN sessions AS s
    ON s.application = k.application
    AND s.session_id = k.session_id
ANTI JOIN rejects AS r
    ON r.application = k.application
    AND r.session_id = k.session_id
    AND r.version_seq = k.version_seq
    AND r.table_name = 'sessions'
WHERE k.version_seq > 0
    AND k.version_seq > $since
    AND (s.session_id IS NULL OR s.version_seq <> k.version_seq OR s.content_hash <> k.content_hash)
