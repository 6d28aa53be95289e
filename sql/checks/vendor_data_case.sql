-- One row: a user whose vendor_data came in spellings that differ by case only, by the id of the first of the sessions.
--
-- The vendor takes them for one user, and so does vendor_data_key. A system of the organisation that compares with
-- regard to case takes them for several.
--
-- severity: warning
-- owner: compliance
-- dimension: uniqueness
SELECT
    min(session_id) AS id,
    count(DISTINCT vendor_data) || ' spellings in ' || count(*) || ' sessions' AS detail
FROM sessions
WHERE vendor_data IS NOT NULL
    AND vendor_data_key IN (SELECT vendor_data_key FROM sessions WHERE version_seq > $since)
GROUP BY application, vendor_data_key
HAVING min(vendor_data) <> max(vendor_data)
