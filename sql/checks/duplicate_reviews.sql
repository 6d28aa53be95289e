-- One row: a review that a session has twice: the same reviewer, instant and status.
--
-- severity: warning
-- owner: engineer
-- dimension: uniqueness
SELECT
    session_id AS id,
    count(*) || ' reviews of one instant' AS detail
FROM reviews
WHERE version_seq > $since
    AND created_at IS NOT NULL
GROUP BY application, session_id, created_at, new_status, reviewer
HAVING count(*) > 1
