-- Whose approved document expires within 60 days of the newest look?
SELECT
    s.vendor_data,
    d.document_type,
    d.issuing_state_iso3 AS issued_by,
    d.expiration_date
FROM id_verifications AS d
JOIN sessions AS s
    ON s.application = d.application
    AND s.session_id = d.session_id
WHERE s.status = 'Approved'
    AND d.expiration_date BETWEEN (SELECT max(observed_at)::DATE FROM sessions)
        AND (SELECT max(observed_at)::DATE + 60 FROM sessions)
ORDER BY d.expiration_date, s.session_id
LIMIT 5
