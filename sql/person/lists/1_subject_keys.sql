-- The ids by which the organisation knows the subject: those that were asked for, and those of the sessions that were.
SELECT folded AS vendor_data_key
FROM asked
WHERE kind = 'vendor_data'
UNION
SELECT s.vendor_data_key
FROM sessions AS s
JOIN asked AS a
    ON a.kind = 'session_id'
    AND a.value = s.session_id
WHERE s.vendor_data_key IS NOT NULL
ORDER BY 1;
