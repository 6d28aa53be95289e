-- One row: a verification of a natural person, with the identifying data that its first document has.
--
-- Designed to support 31 CFR 1020.220(a)(3)(i)(A): the identifying information about a customer. What the organisation
-- expected of the person stands beside it.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column vendor_data sessions.vendor_data
-- column created_at sessions.created_at
-- column status sessions.status
-- column full_name id_verifications.full_name
-- column date_of_birth id_verifications.date_of_birth
-- column address id_verifications.formatted_address
-- column personal_number id_verifications.personal_number
-- column document_number id_verifications.document_number
-- column expected_first_name sessions.expected_first_name
-- column expected_last_name sessions.expected_last_name
-- column expected_date_of_birth sessions.expected_date_of_birth
-- column expected_identification_number sessions.expected_identification_number
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
WITH documents AS (
    FROM id_verifications
    SEMI JOIN members USING (application, session_id)
    QUALIFY row_number() OVER (PARTITION BY application, session_id ORDER BY block_ordinal) = 1
)
SELECT
    m.application,
    m.session_id,
    m.vendor_data,
    m.created_at,
    m.status,
    i.full_name,
    i.date_of_birth,
    coalesce(i.formatted_address, i.address) AS address,
    i.personal_number,
    i.document_number,
    m.expected_first_name,
    m.expected_last_name,
    m.expected_date_of_birth,
    m.expected_identification_number,
    m.version_seq,
    m.observed_at
FROM members AS m
LEFT JOIN documents AS i
    ON i.application = m.application
    AND i.session_id = m.session_id
ORDER BY m.application, m.session_id
