-- One row: an identity document that was relied on.
--
-- Designed to support 31 CFR 1020.220(a)(3)(i)(B): its type, number, place of issuance, date of issuance and expiration.
--
-- key: application, session_id, block_ordinal
-- refers: application, session_id to population
-- column application id_verifications.application
-- column session_id id_verifications.session_id
-- column block_ordinal id_verifications.block_ordinal
-- column document_type id_verifications.document_type
-- column document_subtype id_verifications.document_subtype
-- column document_number id_verifications.document_number
-- column issuing_state id_verifications.issuing_state_iso3
-- column date_of_issue id_verifications.date_of_issue
-- column expiration_date id_verifications.expiration_date
-- column result id_verifications.status
SELECT
    i.application,
    i.session_id,
    i.block_ordinal,
    i.document_type,
    i.document_subtype,
    i.document_number,
    i.issuing_state_iso3 AS issuing_state,
    i.date_of_issue,
    i.expiration_date,
    i.status AS result
FROM id_verifications AS i
SEMI JOIN members AS m
    ON m.application = i.application
    AND m.session_id = i.session_id
ORDER BY i.application, i.session_id, i.block_ordinal
