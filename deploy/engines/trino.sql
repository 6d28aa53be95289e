-- Trino: the Iceberg tables of one commit as T_versions, and the current rows as view T. The catalog needs
-- iceberg.register-table-procedure.enabled=true. Put the lake, the catalog, the schema and the commit in the place of LAKE_URI,
-- CATALOG, SCHEMA and COMMIT_SEQ. For a newer commit run trino_unregister.sql first, which removes no file.
-- Not run against the real service. Made from the tables of kycsync by go test ./deploy -run TestEngines -update.

CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'activity_versions', table_location => 'LAKE_URI/published/iceberg/activity', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'activity_feeds_versions', table_location => 'LAKE_URI/published/iceberg/activity_feeds', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'aml_hits_versions', table_location => 'LAKE_URI/published/iceberg/aml_hits', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'aml_matches_versions', table_location => 'LAKE_URI/published/iceberg/aml_matches', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'aml_screenings_versions', table_location => 'LAKE_URI/published/iceberg/aml_screenings', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'business_features_reported_versions', table_location => 'LAKE_URI/published/iceberg/business_features_reported', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'business_tags_versions', table_location => 'LAKE_URI/published/iceberg/business_tags', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'businesses_versions', table_location => 'LAKE_URI/published/iceberg/businesses', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'check_waivers_versions', table_location => 'LAKE_URI/published/iceberg/check_waivers', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'company_officers_versions', table_location => 'LAKE_URI/published/iceberg/company_officers', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'company_owners_versions', table_location => 'LAKE_URI/published/iceberg/company_owners', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'contact_events_versions', table_location => 'LAKE_URI/published/iceberg/contact_events', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'control_totals_versions', table_location => 'LAKE_URI/published/iceberg/control_totals', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'country_lists_versions', table_location => 'LAKE_URI/published/iceberg/country_lists', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'database_validation_sources_versions', table_location => 'LAKE_URI/published/iceberg/database_validation_sources', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'database_validations_versions', table_location => 'LAKE_URI/published/iceberg/database_validations', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'document_ai_documents_versions', table_location => 'LAKE_URI/published/iceberg/document_ai_documents', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'document_ai_fields_versions', table_location => 'LAKE_URI/published/iceberg/document_ai_fields', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'drift_versions', table_location => 'LAKE_URI/published/iceberg/drift', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'drift_decisions_versions', table_location => 'LAKE_URI/published/iceberg/drift_decisions', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'email_verifications_versions', table_location => 'LAKE_URI/published/iceberg/email_verifications', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'face_matches_versions', table_location => 'LAKE_URI/published/iceberg/face_matches', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'firm_customers_versions', table_location => 'LAKE_URI/published/iceberg/firm_customers', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'id_verifications_versions', table_location => 'LAKE_URI/published/iceberg/id_verifications', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'ip_analyses_versions', table_location => 'LAKE_URI/published/iceberg/ip_analyses', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'key_people_versions', table_location => 'LAKE_URI/published/iceberg/key_people', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'key_people_checks_versions', table_location => 'LAKE_URI/published/iceberg/key_people_checks', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'kyb_document_checks_versions', table_location => 'LAKE_URI/published/iceberg/kyb_document_checks', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'kyb_documents_versions', table_location => 'LAKE_URI/published/iceberg/kyb_documents', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'liveness_checks_versions', table_location => 'LAKE_URI/published/iceberg/liveness_checks', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'matches_versions', table_location => 'LAKE_URI/published/iceberg/matches', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'media_versions', table_location => 'LAKE_URI/published/iceberg/media', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'nfc_verifications_versions', table_location => 'LAKE_URI/published/iceberg/nfc_verifications', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'pdf_reports_versions', table_location => 'LAKE_URI/published/iceberg/pdf_reports', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'phone_verifications_versions', table_location => 'LAKE_URI/published/iceberg/phone_verifications', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'poa_verifications_versions', table_location => 'LAKE_URI/published/iceberg/poa_verifications', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'promises_versions', table_location => 'LAKE_URI/published/iceberg/promises', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'questionnaire_answers_versions', table_location => 'LAKE_URI/published/iceberg/questionnaire_answers', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'questionnaires_versions', table_location => 'LAKE_URI/published/iceberg/questionnaires', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'raw_documents_versions', table_location => 'LAKE_URI/published/iceberg/raw_documents', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'reference_files_versions', table_location => 'LAKE_URI/published/iceberg/reference_files', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'registry_companies_versions', table_location => 'LAKE_URI/published/iceberg/registry_companies', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'rejects_versions', table_location => 'LAKE_URI/published/iceberg/rejects', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'reviews_versions', table_location => 'LAKE_URI/published/iceberg/reviews', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'runs_versions', table_location => 'LAKE_URI/published/iceberg/runs', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'session_features_versions', table_location => 'LAKE_URI/published/iceberg/session_features', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'sessions_versions', table_location => 'LAKE_URI/published/iceberg/sessions', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'transaction_alerts_versions', table_location => 'LAKE_URI/published/iceberg/transaction_alerts', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'transaction_parties_versions', table_location => 'LAKE_URI/published/iceberg/transaction_parties', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'transaction_results_versions', table_location => 'LAKE_URI/published/iceberg/transaction_results', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'transaction_rules_versions', table_location => 'LAKE_URI/published/iceberg/transaction_rules', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'transactions_versions', table_location => 'LAKE_URI/published/iceberg/transactions', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'user_comments_versions', table_location => 'LAKE_URI/published/iceberg/user_comments', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'user_contacts_versions', table_location => 'LAKE_URI/published/iceberg/user_contacts', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'user_count_mismatches_versions', table_location => 'LAKE_URI/published/iceberg/user_count_mismatches', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'user_features_reported_versions', table_location => 'LAKE_URI/published/iceberg/user_features_reported', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'user_issuing_states_versions', table_location => 'LAKE_URI/published/iceberg/user_issuing_states', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'user_tags_versions', table_location => 'LAKE_URI/published/iceberg/user_tags', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'users_versions', table_location => 'LAKE_URI/published/iceberg/users', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'warnings_versions', table_location => 'LAKE_URI/published/iceberg/warnings', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');
CALL CATALOG.system.register_table(schema_name => 'SCHEMA', table_name => 'workflows_versions', table_location => 'LAKE_URI/published/iceberg/workflows', metadata_file_name => 'vCOMMIT_SEQ.metadata.json');

-- A row: an entity of activity_feeds and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.activity_feeds_latest AS
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.activity_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.activity_feeds_versions
) AS v
GROUP BY application, session_id;

-- A row: an entity of businesses and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.businesses_latest AS
SELECT application, business_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, business_id, version_seq FROM CATALOG.SCHEMA.business_features_reported_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM CATALOG.SCHEMA.business_tags_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM CATALOG.SCHEMA.businesses_versions
) AS v
GROUP BY application, business_id;

-- A row: an entity of pdf_reports and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.pdf_reports_latest AS
SELECT application, session_version_seq, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_version_seq, session_id, version_seq FROM CATALOG.SCHEMA.pdf_reports_versions
) AS v
GROUP BY application, session_version_seq, session_id;

-- A row: an entity of reference_files and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.reference_files_latest AS
SELECT kind, MAX(version_seq) AS version_seq
FROM (
    SELECT kind, version_seq FROM CATALOG.SCHEMA.country_lists_versions
    UNION ALL
    SELECT kind, version_seq FROM CATALOG.SCHEMA.firm_customers_versions
    UNION ALL
    SELECT kind, version_seq FROM CATALOG.SCHEMA.reference_files_versions
) AS v
GROUP BY kind;

-- A row: an entity of sessions and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.sessions_latest AS
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.aml_hits_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.aml_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.aml_screenings_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.company_officers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.company_owners_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.contact_events_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.database_validation_sources_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.database_validations_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.document_ai_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.document_ai_fields_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.email_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.face_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.id_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.ip_analyses_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.key_people_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.key_people_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.kyb_document_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.kyb_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.liveness_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.media_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.nfc_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.phone_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.poa_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.questionnaire_answers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.questionnaires_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.registry_companies_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.reviews_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.session_features_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.sessions_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM CATALOG.SCHEMA.warnings_versions
) AS v
GROUP BY application, session_id;

-- A row: an entity of transactions and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.transactions_latest AS
SELECT application, transaction_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, transaction_id, version_seq FROM CATALOG.SCHEMA.transaction_alerts_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM CATALOG.SCHEMA.transaction_parties_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM CATALOG.SCHEMA.transaction_results_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM CATALOG.SCHEMA.transaction_rules_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM CATALOG.SCHEMA.transactions_versions
) AS v
GROUP BY application, transaction_id;

-- A row: an entity of users and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.users_latest AS
SELECT application, user_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, user_id, version_seq FROM CATALOG.SCHEMA.user_comments_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM CATALOG.SCHEMA.user_contacts_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM CATALOG.SCHEMA.user_features_reported_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM CATALOG.SCHEMA.user_issuing_states_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM CATALOG.SCHEMA.user_tags_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM CATALOG.SCHEMA.users_versions
) AS v
GROUP BY application, user_id;

-- A row: an entity of workflows and its newest version.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.workflows_latest AS
SELECT application, uuid, MAX(version_seq) AS version_seq
FROM (
    SELECT application, uuid, version_seq FROM CATALOG.SCHEMA.workflows_versions
) AS v
GROUP BY application, uuid;

-- One thing done to a session by a person or a program: a decision, a correction, a comment, a tag.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.activity AS
SELECT t.*
FROM CATALOG.SCHEMA.activity_versions AS t
JOIN CATALOG.SCHEMA.activity_feeds_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- What was done to a session up to one instant: one row per state of its feed, also of an empty one. A feed has versions of its own, apart from the session's.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.activity_feeds AS
SELECT t.*
FROM CATALOG.SCHEMA.activity_feeds_versions AS t
JOIN CATALOG.SCHEMA.activity_feeds_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One entry of a list that resembles the person or company screened.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.aml_hits AS
SELECT t.*
FROM CATALOG.SCHEMA.aml_hits_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One source behind an AML hit: a register of politically exposed persons, a sanction list, a warning, an article.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.aml_matches AS
SELECT t.*
FROM CATALOG.SCHEMA.aml_matches_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One search for a person or company in lists of sanctions, politically exposed persons, warnings and adverse media.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.aml_screenings AS
SELECT t.*
FROM CATALOG.SCHEMA.aml_screenings_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- The latest status of one feature over a business's sessions, as the vendor reports it.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.business_features_reported AS
SELECT t.*
FROM CATALOG.SCHEMA.business_features_reported_versions AS t
JOIN CATALOG.SCHEMA.businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One tag that a business has.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.business_tags AS
SELECT t.*
FROM CATALOG.SCHEMA.business_tags_versions AS t
JOIN CATALOG.SCHEMA.businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One company as the vendor keeps it over all its sessions. Only a business with vendor_data has a detail.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.businesses AS
SELECT t.*
FROM CATALOG.SCHEMA.businesses_versions AS t
JOIN CATALOG.SCHEMA.businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One decision that a failed check may be passed over for a while. Of one check the newest counts.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.check_waivers AS
SELECT * FROM CATALOG.SCHEMA.check_waivers_versions;

-- One officer of a company. The same person stands in both blocks with the same uuid.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.company_officers AS
SELECT t.*
FROM CATALOG.SCHEMA.company_officers_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One beneficial owner of a company. The same owner stands in both blocks with the same uuid.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.company_owners AS
SELECT t.*
FROM CATALOG.SCHEMA.company_owners_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One step in the proof of a phone number or e-mail address: message sent, code entered, decided. The codes themselves are not kept.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.contact_events AS
SELECT t.*
FROM CATALOG.SCHEMA.contact_events_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One count of the vendor's, held against the lake as of the same run.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.control_totals AS
SELECT * FROM CATALOG.SCHEMA.control_totals_versions;

-- One country on a list that the organisation keeps or follows, with the days in which it stood there, from its own reference file.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.country_lists AS
SELECT t.*
FROM CATALOG.SCHEMA.country_lists_versions AS t
JOIN CATALOG.SCHEMA.reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- The answer of one register within a database validation.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.database_validation_sources AS
SELECT t.*
FROM CATALOG.SCHEMA.database_validation_sources_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One comparison of the applicant's data with a country's registers.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.database_validations AS
SELECT t.*
FROM CATALOG.SCHEMA.database_validations_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document that was read as a workflow's own instructions say.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.document_ai_documents AS
SELECT t.*
FROM CATALOG.SCHEMA.document_ai_documents_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One field that a workflow asks for in a document. What was read stands in document_ai_documents.extracted_data under row_key.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.document_ai_fields AS
SELECT t.*
FROM CATALOG.SCHEMA.document_ai_fields_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One path or value in the vendor's documents that no column expects, counted over a run.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.drift AS
SELECT * FROM CATALOG.SCHEMA.drift_versions;

-- One drift that a person has looked at and accepted.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.drift_decisions AS
SELECT * FROM CATALOG.SCHEMA.drift_decisions_versions;

-- One proof that the applicant holds an e-mail address.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.email_verifications AS
SELECT t.*
FROM CATALOG.SCHEMA.email_verifications_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One comparison of two faces.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.face_matches AS
SELECT t.*
FROM CATALOG.SCHEMA.face_matches_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One relationship of the organisation with a customer, from its own reference file: the vendor knows none of this.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.firm_customers AS
SELECT t.*
FROM CATALOG.SCHEMA.firm_customers_versions AS t
JOIN CATALOG.SCHEMA.reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- One reading of an identity document.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.id_verifications AS
SELECT t.*
FROM CATALOG.SCHEMA.id_verifications_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One device and network that the session was used from.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.ip_analyses AS
SELECT t.*
FROM CATALOG.SCHEMA.ip_analyses_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One person or company that the applicant named as being behind the company.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.key_people AS
SELECT t.*
FROM CATALOG.SCHEMA.key_people_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One check of the people behind a company, as a whole.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.key_people_checks AS
SELECT t.*
FROM CATALOG.SCHEMA.key_people_checks_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One check of a company's documents, as a whole.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.kyb_document_checks AS
SELECT t.*
FROM CATALOG.SCHEMA.kyb_document_checks_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document of a company.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.kyb_documents AS
SELECT t.*
FROM CATALOG.SCHEMA.kyb_documents_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One test that the applicant is a living person before the camera.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.liveness_checks AS
SELECT t.*
FROM CATALOG.SCHEMA.liveness_checks_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- Another session, import or list entry that shares a document, a face, a phone number, an e-mail address, a device or an IP address with this session.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.matches AS
SELECT t.*
FROM CATALOG.SCHEMA.matches_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One image, video or file that exists for a session. The vendor's links end within the hour and are not kept: only their path.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.media AS
SELECT t.*
FROM CATALOG.SCHEMA.media_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One reading of a document's chip.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.nfc_verifications AS
SELECT t.*
FROM CATALOG.SCHEMA.nfc_verifications_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- What became of the vendor's PDF of a session: one row for each final version of a session that was looked at. The file itself is in the store of the lake, under the name in object.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.pdf_reports AS
SELECT t.*
FROM CATALOG.SCHEMA.pdf_reports_versions AS t
JOIN CATALOG.SCHEMA.pdf_reports_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_version_seq = l.session_version_seq
    AND t.session_id = l.session_id;

-- One proof that the applicant holds a phone number.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.phone_verifications AS
SELECT t.*
FROM CATALOG.SCHEMA.phone_verifications_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One reading of a proof of address.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.poa_verifications AS
SELECT t.*
FROM CATALOG.SCHEMA.poa_verifications_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- How old our knowledge of one class of sessions may be, and how old it was at the end of a run.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.promises AS
SELECT * FROM CATALOG.SCHEMA.promises_versions;

-- One item of a questionnaire, with its answer where there is one.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.questionnaire_answers AS
SELECT t.*
FROM CATALOG.SCHEMA.questionnaire_answers_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One questionnaire that was put to the applicant.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.questionnaires AS
SELECT t.*
FROM CATALOG.SCHEMA.questionnaires_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document as received, canonical and without secrets. Kept in the lake only; later columns are filled from it.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.raw_documents AS
SELECT * FROM CATALOG.SCHEMA.raw_documents_versions;

-- One reference file of the organisation, as it was last loaded.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.reference_files AS
SELECT t.*
FROM CATALOG.SCHEMA.reference_files_versions AS t
JOIN CATALOG.SCHEMA.reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- One company as a business register has it.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.registry_companies AS
SELECT t.*
FROM CATALOG.SCHEMA.registry_companies_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One element that could not be read. It holds the form of the value, never the value.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.rejects AS
SELECT * FROM CATALOG.SCHEMA.rejects_versions;

-- A change of status that a person or a program made, with the comment.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.reviews AS
SELECT t.*
FROM CATALOG.SCHEMA.reviews_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One run of the nightly job.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.runs AS
SELECT * FROM CATALOG.SCHEMA.runs_versions;

-- One feature of a session and its state, as the list row and as the decision's block have it.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.session_features AS
SELECT t.*
FROM CATALOG.SCHEMA.session_features_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One observed state of a verification session: what the list and the decision say of the session as a whole. Columns list_… are the list row's word where the decision has its own.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.sessions AS
SELECT t.*
FROM CATALOG.SCHEMA.sessions_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One suspicion that a transaction raised, and how far its investigation is.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.transaction_alerts AS
SELECT t.*
FROM CATALOG.SCHEMA.transaction_alerts_versions AS t
JOIN CATALOG.SCHEMA.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One person or company that takes part in a transaction.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.transaction_parties AS
SELECT t.*
FROM CATALOG.SCHEMA.transaction_parties_versions AS t
JOIN CATALOG.SCHEMA.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- What one provider of monitoring or screening found about a transaction.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.transaction_results AS
SELECT t.*
FROM CATALOG.SCHEMA.transaction_results_versions AS t
JOIN CATALOG.SCHEMA.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One run of a monitoring rule over a transaction.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.transaction_rules AS
SELECT t.*
FROM CATALOG.SCHEMA.transaction_rules_versions AS t
JOIN CATALOG.SCHEMA.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One payment or other event of a user that the vendor monitors.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.transactions AS
SELECT t.*
FROM CATALOG.SCHEMA.transactions_versions AS t
JOIN CATALOG.SCHEMA.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- A comment on a user or a change made to one, by a person or a program.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.user_comments AS
SELECT t.*
FROM CATALOG.SCHEMA.user_comments_versions AS t
JOIN CATALOG.SCHEMA.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One e-mail address or phone number that a user has proven to own.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.user_contacts AS
SELECT t.*
FROM CATALOG.SCHEMA.user_contacts_versions AS t
JOIN CATALOG.SCHEMA.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One counter that the vendor keeps of a user and that our own sessions of that user contradict, as of a run.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.user_count_mismatches AS
SELECT * FROM CATALOG.SCHEMA.user_count_mismatches_versions;

-- The latest status of one feature over a user's sessions, as the vendor reports it. View user_features works it out from the sessions.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.user_features_reported AS
SELECT t.*
FROM CATALOG.SCHEMA.user_features_reported_versions AS t
JOIN CATALOG.SCHEMA.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One state that issued a document of a user.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.user_issuing_states AS
SELECT t.*
FROM CATALOG.SCHEMA.user_issuing_states_versions AS t
JOIN CATALOG.SCHEMA.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One tag that a user has. A detail tells when it was given and by whom, a list row does not.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.user_tags AS
SELECT t.*
FROM CATALOG.SCHEMA.user_tags_versions AS t
JOIN CATALOG.SCHEMA.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One person as the vendor keeps them over all their sessions. Only a user with vendor_data has a detail. The link to the portrait is not kept; table media has those of the sessions.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.users AS
SELECT t.*
FROM CATALOG.SCHEMA.users_versions AS t
JOIN CATALOG.SCHEMA.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One warning that a feature raised. The vendor gives warnings neither id nor time.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.warnings AS
SELECT t.*
FROM CATALOG.SCHEMA.warnings_versions AS t
JOIN CATALOG.SCHEMA.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One workflow of the organisation: which steps an applicant goes through, and its price.
CREATE OR REPLACE VIEW CATALOG.SCHEMA.workflows AS
SELECT t.*
FROM CATALOG.SCHEMA.workflows_versions AS t
JOIN CATALOG.SCHEMA.workflows_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND (t.uuid = l.uuid OR (t.uuid IS NULL AND l.uuid IS NULL));
