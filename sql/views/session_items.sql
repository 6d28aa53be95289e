-- One row: something in a session that another session may have, too: a document, a number, an address, a device.
--
-- The same of one session may be here several times. Sandbox sessions and companies are in.
--
-- column kind internal: document, personal number, phone, email, device or ip
-- column item sensitive: in a form in which equal ones are equal: numbers of documents in capitals, without blanks, hyphens, dots and slashes, behind the issuing state; e-mail addresses in lower case
-- example: SELECT kind, count(*) FROM session_items GROUP BY kind
CREATE OR REPLACE VIEW session_items AS
SELECT application, session_id, 'document' AS kind, coalesce(issuing_state_iso3, issuing_state, '') || ':' || translate(upper(document_number), ' -./', '') AS item
FROM id_verifications
WHERE document_number <> ''
UNION ALL
SELECT application, session_id, 'personal number', coalesce(issuing_state_iso3, issuing_state, '') || ':' || translate(upper(personal_number), ' -./', '')
FROM id_verifications
WHERE personal_number <> ''
UNION ALL
SELECT application, session_id, 'phone', full_number
FROM phone_verifications
WHERE full_number <> ''
UNION ALL
SELECT application, session_id, 'email', lower(email)
FROM email_verifications
WHERE email <> ''
UNION ALL
SELECT application, session_id, 'device', device_fingerprint
FROM ip_analyses
WHERE device_fingerprint <> ''
UNION ALL
SELECT application, session_id, 'ip', ip_address
FROM ip_analyses
WHERE ip_address <> ''
