-- The vendor's users that are the subject.
SELECT u.application, u.user_id
FROM users AS u
WHERE (u.vendor_data_key IN (SELECT vendor_data_key FROM subject_keys)
        OR (u.application, u.user_id) IN (SELECT (s.application, s.didit_internal_id) FROM sessions AS s SEMI JOIN evidence_sessions AS e ON e.application = s.application AND e.session_id = s.session_id WHERE s.didit_internal_id IS NOT NULL))
    AND (u.application IN (SELECT value FROM asked WHERE kind = 'application') OR NOT EXISTS (FROM asked WHERE kind = 'application'))
ORDER BY 1, 2;
