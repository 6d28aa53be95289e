-- The sessions of the subject: those with its ids, those that were asked for, and those that the vendor counts to the same
-- user and that have no id of another one.
WITH named AS (
    SELECT application, session_id, didit_internal_id
    FROM sessions
    WHERE vendor_data_key IN (SELECT vendor_data_key FROM subject_keys)
        OR session_id IN (SELECT value FROM asked WHERE kind = 'session_id')
)
SELECT application, session_id
FROM named
UNION
SELECT s.application, s.session_id
FROM sessions AS s
JOIN named AS n
    ON n.application = s.application
    AND n.didit_internal_id = s.didit_internal_id
WHERE s.vendor_data_key IS NULL
ORDER BY 1, 2;
