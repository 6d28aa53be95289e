-- One row: an entry of the activity feed that is there twice, in one session or in several.
--
-- severity: warning
-- owner: engineer
-- dimension: uniqueness
SELECT
    min(session_id) AS id,
    'activity ' || activity_id || ' is there ' || count(*) || ' times' AS detail
FROM activity
WHERE activity_id IN (SELECT activity_id FROM activity WHERE version_seq > $since)
GROUP BY application, activity_id
HAVING count(*) > 1
