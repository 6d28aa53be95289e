-- What was known at commit COMMIT_SEQ: put its number there. Which commit had been published by an instant, the warehouse tells:
--   kycsync query "SELECT arg_max(published_seq, seq) FROM _commits WHERE committed_at <= '2026-03-31T23:59:59Z'"
-- Any other table of sessions is asked in the same way. In BigQuery there are functions: SELECT * FROM kyc.sessions_as_of(42).
-- No snapshot is needed for it, so it works however old the commit is.
-- Not run against the real service. Made from the tables of kycsync by go test ./deploy -run TestEngines -update.

-- One observed state of a verification session: what the list and the decision say of the session as a whole. Columns list_… are the list row's word where the decision has its own.
WITH sessions_latest AS (
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM aml_hits_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM aml_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM aml_screenings_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM company_officers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM company_owners_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM contact_events_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM database_validation_sources_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM database_validations_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM document_ai_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM document_ai_fields_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM email_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM face_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM id_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM ip_analyses_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM key_people_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM key_people_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM kyb_document_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM kyb_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM liveness_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM media_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM nfc_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM phone_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM poa_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM questionnaire_answers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM questionnaires_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM registry_companies_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM reviews_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM session_features_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM sessions_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM warnings_versions
) AS v
WHERE version_seq <= COMMIT_SEQ
GROUP BY application, session_id
)
SELECT t.*
FROM sessions_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One reading of an identity document.
WITH sessions_latest AS (
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM aml_hits_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM aml_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM aml_screenings_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM company_officers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM company_owners_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM contact_events_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM database_validation_sources_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM database_validations_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM document_ai_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM document_ai_fields_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM email_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM face_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM id_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM ip_analyses_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM key_people_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM key_people_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM kyb_document_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM kyb_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM liveness_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM media_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM nfc_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM phone_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM poa_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM questionnaire_answers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM questionnaires_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM registry_companies_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM reviews_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM session_features_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM sessions_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM warnings_versions
) AS v
WHERE version_seq <= COMMIT_SEQ
GROUP BY application, session_id
)
SELECT t.*
FROM id_verifications_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;
