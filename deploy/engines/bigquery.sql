-- BigQuery: an external table T_versions over the list of each table's parts, the current rows as view T, and as a
-- table function T_as_of(known_seq) the rows as they were known at a commit. bigquery.sh puts the lake and the
-- dataset in the place of LAKE_URI and DATASET, and runs bigquery_empty.sql for tables without parts.
-- Not run against the real service. Made from the tables of kycsync by go test ./deploy -run TestEngines -update.

-- table activity
CREATE OR REPLACE EXTERNAL TABLE DATASET.activity_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/activity.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table activity_feeds
CREATE OR REPLACE EXTERNAL TABLE DATASET.activity_feeds_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/activity_feeds.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table aml_hits
CREATE OR REPLACE EXTERNAL TABLE DATASET.aml_hits_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/aml_hits.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table aml_matches
CREATE OR REPLACE EXTERNAL TABLE DATASET.aml_matches_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/aml_matches.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table aml_screenings
CREATE OR REPLACE EXTERNAL TABLE DATASET.aml_screenings_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/aml_screenings.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table business_features_reported
CREATE OR REPLACE EXTERNAL TABLE DATASET.business_features_reported_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/business_features_reported.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table business_tags
CREATE OR REPLACE EXTERNAL TABLE DATASET.business_tags_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/business_tags.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table businesses
CREATE OR REPLACE EXTERNAL TABLE DATASET.businesses_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/businesses.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table check_waivers
CREATE OR REPLACE EXTERNAL TABLE DATASET.check_waivers_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/check_waivers.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table company_officers
CREATE OR REPLACE EXTERNAL TABLE DATASET.company_officers_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/company_officers.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table company_owners
CREATE OR REPLACE EXTERNAL TABLE DATASET.company_owners_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/company_owners.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table contact_events
CREATE OR REPLACE EXTERNAL TABLE DATASET.contact_events_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/contact_events.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table control_totals
CREATE OR REPLACE EXTERNAL TABLE DATASET.control_totals_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/control_totals.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table country_lists
CREATE OR REPLACE EXTERNAL TABLE DATASET.country_lists_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/country_lists.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table database_validation_sources
CREATE OR REPLACE EXTERNAL TABLE DATASET.database_validation_sources_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/database_validation_sources.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table database_validations
CREATE OR REPLACE EXTERNAL TABLE DATASET.database_validations_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/database_validations.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table document_ai_documents
CREATE OR REPLACE EXTERNAL TABLE DATASET.document_ai_documents_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/document_ai_documents.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table document_ai_fields
CREATE OR REPLACE EXTERNAL TABLE DATASET.document_ai_fields_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/document_ai_fields.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table drift
CREATE OR REPLACE EXTERNAL TABLE DATASET.drift_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/drift.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table drift_decisions
CREATE OR REPLACE EXTERNAL TABLE DATASET.drift_decisions_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/drift_decisions.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table email_verifications
CREATE OR REPLACE EXTERNAL TABLE DATASET.email_verifications_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/email_verifications.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table face_matches
CREATE OR REPLACE EXTERNAL TABLE DATASET.face_matches_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/face_matches.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table firm_customers
CREATE OR REPLACE EXTERNAL TABLE DATASET.firm_customers_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/firm_customers.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table id_verifications
CREATE OR REPLACE EXTERNAL TABLE DATASET.id_verifications_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/id_verifications.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table ip_analyses
CREATE OR REPLACE EXTERNAL TABLE DATASET.ip_analyses_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/ip_analyses.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table key_people
CREATE OR REPLACE EXTERNAL TABLE DATASET.key_people_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/key_people.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table key_people_checks
CREATE OR REPLACE EXTERNAL TABLE DATASET.key_people_checks_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/key_people_checks.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table kyb_document_checks
CREATE OR REPLACE EXTERNAL TABLE DATASET.kyb_document_checks_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/kyb_document_checks.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table kyb_documents
CREATE OR REPLACE EXTERNAL TABLE DATASET.kyb_documents_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/kyb_documents.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table liveness_checks
CREATE OR REPLACE EXTERNAL TABLE DATASET.liveness_checks_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/liveness_checks.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table matches
CREATE OR REPLACE EXTERNAL TABLE DATASET.matches_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/matches.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table media
CREATE OR REPLACE EXTERNAL TABLE DATASET.media_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/media.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table nfc_verifications
CREATE OR REPLACE EXTERNAL TABLE DATASET.nfc_verifications_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/nfc_verifications.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table pdf_reports
CREATE OR REPLACE EXTERNAL TABLE DATASET.pdf_reports_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/pdf_reports.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table phone_verifications
CREATE OR REPLACE EXTERNAL TABLE DATASET.phone_verifications_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/phone_verifications.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table poa_verifications
CREATE OR REPLACE EXTERNAL TABLE DATASET.poa_verifications_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/poa_verifications.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table promises
CREATE OR REPLACE EXTERNAL TABLE DATASET.promises_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/promises.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table questionnaire_answers
CREATE OR REPLACE EXTERNAL TABLE DATASET.questionnaire_answers_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/questionnaire_answers.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table questionnaires
CREATE OR REPLACE EXTERNAL TABLE DATASET.questionnaires_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/questionnaires.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table raw_documents
CREATE OR REPLACE EXTERNAL TABLE DATASET.raw_documents_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/raw_documents.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table reference_files
CREATE OR REPLACE EXTERNAL TABLE DATASET.reference_files_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/reference_files.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table registry_companies
CREATE OR REPLACE EXTERNAL TABLE DATASET.registry_companies_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/registry_companies.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table rejects
CREATE OR REPLACE EXTERNAL TABLE DATASET.rejects_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/rejects.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table reviews
CREATE OR REPLACE EXTERNAL TABLE DATASET.reviews_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/reviews.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table runs
CREATE OR REPLACE EXTERNAL TABLE DATASET.runs_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/runs.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table session_features
CREATE OR REPLACE EXTERNAL TABLE DATASET.session_features_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/session_features.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table sessions
CREATE OR REPLACE EXTERNAL TABLE DATASET.sessions_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/sessions.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table transaction_alerts
CREATE OR REPLACE EXTERNAL TABLE DATASET.transaction_alerts_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/transaction_alerts.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table transaction_parties
CREATE OR REPLACE EXTERNAL TABLE DATASET.transaction_parties_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/transaction_parties.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table transaction_results
CREATE OR REPLACE EXTERNAL TABLE DATASET.transaction_results_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/transaction_results.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table transaction_rules
CREATE OR REPLACE EXTERNAL TABLE DATASET.transaction_rules_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/transaction_rules.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table transactions
CREATE OR REPLACE EXTERNAL TABLE DATASET.transactions_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/transactions.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table user_comments
CREATE OR REPLACE EXTERNAL TABLE DATASET.user_comments_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/user_comments.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table user_contacts
CREATE OR REPLACE EXTERNAL TABLE DATASET.user_contacts_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/user_contacts.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table user_count_mismatches
CREATE OR REPLACE EXTERNAL TABLE DATASET.user_count_mismatches_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/user_count_mismatches.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table user_features_reported
CREATE OR REPLACE EXTERNAL TABLE DATASET.user_features_reported_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/user_features_reported.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table user_issuing_states
CREATE OR REPLACE EXTERNAL TABLE DATASET.user_issuing_states_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/user_issuing_states.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table user_tags
CREATE OR REPLACE EXTERNAL TABLE DATASET.user_tags_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/user_tags.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table users
CREATE OR REPLACE EXTERNAL TABLE DATASET.users_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/users.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table warnings
CREATE OR REPLACE EXTERNAL TABLE DATASET.warnings_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/warnings.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- table workflows
CREATE OR REPLACE EXTERNAL TABLE DATASET.workflows_versions
OPTIONS (
    format = 'PARQUET',
    uris = ['LAKE_URI/published/current/workflows.txt'],
    file_set_spec_type = 'NEW_LINE_DELIMITED_MANIFEST',
    decimal_target_types = ['NUMERIC', 'BIGNUMERIC']
);

-- views

-- A row: an entity of activity_feeds and its newest version.
CREATE OR REPLACE VIEW DATASET.activity_feeds_latest AS
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM DATASET.activity_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.activity_feeds_versions
) AS v
GROUP BY application, session_id;

-- A row: an entity of businesses and its newest version.
CREATE OR REPLACE VIEW DATASET.businesses_latest AS
SELECT application, business_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, business_id, version_seq FROM DATASET.business_features_reported_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM DATASET.business_tags_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM DATASET.businesses_versions
) AS v
GROUP BY application, business_id;

-- A row: an entity of pdf_reports and its newest version.
CREATE OR REPLACE VIEW DATASET.pdf_reports_latest AS
SELECT application, session_version_seq, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_version_seq, session_id, version_seq FROM DATASET.pdf_reports_versions
) AS v
GROUP BY application, session_version_seq, session_id;

-- A row: an entity of reference_files and its newest version.
CREATE OR REPLACE VIEW DATASET.reference_files_latest AS
SELECT kind, MAX(version_seq) AS version_seq
FROM (
    SELECT kind, version_seq FROM DATASET.country_lists_versions
    UNION ALL
    SELECT kind, version_seq FROM DATASET.firm_customers_versions
    UNION ALL
    SELECT kind, version_seq FROM DATASET.reference_files_versions
) AS v
GROUP BY kind;

-- A row: an entity of sessions and its newest version.
CREATE OR REPLACE VIEW DATASET.sessions_latest AS
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM DATASET.aml_hits_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.aml_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.aml_screenings_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.company_officers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.company_owners_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.contact_events_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.database_validation_sources_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.database_validations_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.document_ai_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.document_ai_fields_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.email_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.face_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.id_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.ip_analyses_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.key_people_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.key_people_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.kyb_document_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.kyb_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.liveness_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.media_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.nfc_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.phone_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.poa_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.questionnaire_answers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.questionnaires_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.registry_companies_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.reviews_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.session_features_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.sessions_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.warnings_versions
) AS v
GROUP BY application, session_id;

-- A row: an entity of transactions and its newest version.
CREATE OR REPLACE VIEW DATASET.transactions_latest AS
SELECT application, transaction_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_alerts_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_parties_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_results_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_rules_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transactions_versions
) AS v
GROUP BY application, transaction_id;

-- A row: an entity of users and its newest version.
CREATE OR REPLACE VIEW DATASET.users_latest AS
SELECT application, user_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, user_id, version_seq FROM DATASET.user_comments_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_contacts_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_features_reported_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_issuing_states_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_tags_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.users_versions
) AS v
GROUP BY application, user_id;

-- A row: an entity of workflows and its newest version.
CREATE OR REPLACE VIEW DATASET.workflows_latest AS
SELECT application, uuid, MAX(version_seq) AS version_seq
FROM (
    SELECT application, uuid, version_seq FROM DATASET.workflows_versions
) AS v
GROUP BY application, uuid;

-- One thing done to a session by a person or a program: a decision, a correction, a comment, a tag.
CREATE OR REPLACE VIEW DATASET.activity AS
SELECT t.*
FROM DATASET.activity_versions AS t
JOIN DATASET.activity_feeds_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- What was done to a session up to one instant: one row per state of its feed, also of an empty one. A feed has versions of its own, apart from the session's.
CREATE OR REPLACE VIEW DATASET.activity_feeds AS
SELECT t.*
FROM DATASET.activity_feeds_versions AS t
JOIN DATASET.activity_feeds_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One entry of a list that resembles the person or company screened.
CREATE OR REPLACE VIEW DATASET.aml_hits AS
SELECT t.*
FROM DATASET.aml_hits_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One source behind an AML hit: a register of politically exposed persons, a sanction list, a warning, an article.
CREATE OR REPLACE VIEW DATASET.aml_matches AS
SELECT t.*
FROM DATASET.aml_matches_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One search for a person or company in lists of sanctions, politically exposed persons, warnings and adverse media.
CREATE OR REPLACE VIEW DATASET.aml_screenings AS
SELECT t.*
FROM DATASET.aml_screenings_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- The latest status of one feature over a business's sessions, as the vendor reports it.
CREATE OR REPLACE VIEW DATASET.business_features_reported AS
SELECT t.*
FROM DATASET.business_features_reported_versions AS t
JOIN DATASET.businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One tag that a business has.
CREATE OR REPLACE VIEW DATASET.business_tags AS
SELECT t.*
FROM DATASET.business_tags_versions AS t
JOIN DATASET.businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One company as the vendor keeps it over all its sessions. Only a business with vendor_data has a detail.
CREATE OR REPLACE VIEW DATASET.businesses AS
SELECT t.*
FROM DATASET.businesses_versions AS t
JOIN DATASET.businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One decision that a failed check may be passed over for a while. Of one check the newest counts.
CREATE OR REPLACE VIEW DATASET.check_waivers AS
SELECT * FROM DATASET.check_waivers_versions;

-- One officer of a company. The same person stands in both blocks with the same uuid.
CREATE OR REPLACE VIEW DATASET.company_officers AS
SELECT t.*
FROM DATASET.company_officers_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One beneficial owner of a company. The same owner stands in both blocks with the same uuid.
CREATE OR REPLACE VIEW DATASET.company_owners AS
SELECT t.*
FROM DATASET.company_owners_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One step in the proof of a phone number or e-mail address: message sent, code entered, decided. The codes themselves are not kept.
CREATE OR REPLACE VIEW DATASET.contact_events AS
SELECT t.*
FROM DATASET.contact_events_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One count of the vendor's, held against the lake as of the same run.
CREATE OR REPLACE VIEW DATASET.control_totals AS
SELECT * FROM DATASET.control_totals_versions;

-- One country on a list that the organisation keeps or follows, with the days in which it stood there, from its own reference file.
CREATE OR REPLACE VIEW DATASET.country_lists AS
SELECT t.*
FROM DATASET.country_lists_versions AS t
JOIN DATASET.reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- The answer of one register within a database validation.
CREATE OR REPLACE VIEW DATASET.database_validation_sources AS
SELECT t.*
FROM DATASET.database_validation_sources_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One comparison of the applicant's data with a country's registers.
CREATE OR REPLACE VIEW DATASET.database_validations AS
SELECT t.*
FROM DATASET.database_validations_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document that was read as a workflow's own instructions say.
CREATE OR REPLACE VIEW DATASET.document_ai_documents AS
SELECT t.*
FROM DATASET.document_ai_documents_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One field that a workflow asks for in a document. What was read stands in document_ai_documents.extracted_data under row_key.
CREATE OR REPLACE VIEW DATASET.document_ai_fields AS
SELECT t.*
FROM DATASET.document_ai_fields_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One path or value in the vendor's documents that no column expects, counted over a run.
CREATE OR REPLACE VIEW DATASET.drift AS
SELECT * FROM DATASET.drift_versions;

-- One drift that a person has looked at and accepted.
CREATE OR REPLACE VIEW DATASET.drift_decisions AS
SELECT * FROM DATASET.drift_decisions_versions;

-- One proof that the applicant holds an e-mail address.
CREATE OR REPLACE VIEW DATASET.email_verifications AS
SELECT t.*
FROM DATASET.email_verifications_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One comparison of two faces.
CREATE OR REPLACE VIEW DATASET.face_matches AS
SELECT t.*
FROM DATASET.face_matches_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One relationship of the organisation with a customer, from its own reference file: the vendor knows none of this.
CREATE OR REPLACE VIEW DATASET.firm_customers AS
SELECT t.*
FROM DATASET.firm_customers_versions AS t
JOIN DATASET.reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- One reading of an identity document.
CREATE OR REPLACE VIEW DATASET.id_verifications AS
SELECT t.*
FROM DATASET.id_verifications_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One device and network that the session was used from.
CREATE OR REPLACE VIEW DATASET.ip_analyses AS
SELECT t.*
FROM DATASET.ip_analyses_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One person or company that the applicant named as being behind the company.
CREATE OR REPLACE VIEW DATASET.key_people AS
SELECT t.*
FROM DATASET.key_people_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One check of the people behind a company, as a whole.
CREATE OR REPLACE VIEW DATASET.key_people_checks AS
SELECT t.*
FROM DATASET.key_people_checks_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One check of a company's documents, as a whole.
CREATE OR REPLACE VIEW DATASET.kyb_document_checks AS
SELECT t.*
FROM DATASET.kyb_document_checks_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document of a company.
CREATE OR REPLACE VIEW DATASET.kyb_documents AS
SELECT t.*
FROM DATASET.kyb_documents_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One test that the applicant is a living person before the camera.
CREATE OR REPLACE VIEW DATASET.liveness_checks AS
SELECT t.*
FROM DATASET.liveness_checks_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- Another session, import or list entry that shares a document, a face, a phone number, an e-mail address, a device or an IP address with this session.
CREATE OR REPLACE VIEW DATASET.matches AS
SELECT t.*
FROM DATASET.matches_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One image, video or file that exists for a session. The vendor's links end within the hour and are not kept: only their path.
CREATE OR REPLACE VIEW DATASET.media AS
SELECT t.*
FROM DATASET.media_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One reading of a document's chip.
CREATE OR REPLACE VIEW DATASET.nfc_verifications AS
SELECT t.*
FROM DATASET.nfc_verifications_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- What became of the vendor's PDF of a session: one row for each final version of a session that was looked at. The file itself is in the store of the lake, under the name in object.
CREATE OR REPLACE VIEW DATASET.pdf_reports AS
SELECT t.*
FROM DATASET.pdf_reports_versions AS t
JOIN DATASET.pdf_reports_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_version_seq = l.session_version_seq
    AND t.session_id = l.session_id;

-- One proof that the applicant holds a phone number.
CREATE OR REPLACE VIEW DATASET.phone_verifications AS
SELECT t.*
FROM DATASET.phone_verifications_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One reading of a proof of address.
CREATE OR REPLACE VIEW DATASET.poa_verifications AS
SELECT t.*
FROM DATASET.poa_verifications_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- How old our knowledge of one class of sessions may be, and how old it was at the end of a run.
CREATE OR REPLACE VIEW DATASET.promises AS
SELECT * FROM DATASET.promises_versions;

-- One item of a questionnaire, with its answer where there is one.
CREATE OR REPLACE VIEW DATASET.questionnaire_answers AS
SELECT t.*
FROM DATASET.questionnaire_answers_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One questionnaire that was put to the applicant.
CREATE OR REPLACE VIEW DATASET.questionnaires AS
SELECT t.*
FROM DATASET.questionnaires_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document as received, canonical and without secrets. Kept in the lake only; later columns are filled from it.
CREATE OR REPLACE VIEW DATASET.raw_documents AS
SELECT * FROM DATASET.raw_documents_versions;

-- One reference file of the organisation, as it was last loaded.
CREATE OR REPLACE VIEW DATASET.reference_files AS
SELECT t.*
FROM DATASET.reference_files_versions AS t
JOIN DATASET.reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- One company as a business register has it.
CREATE OR REPLACE VIEW DATASET.registry_companies AS
SELECT t.*
FROM DATASET.registry_companies_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One element that could not be read. It holds the form of the value, never the value.
CREATE OR REPLACE VIEW DATASET.rejects AS
SELECT * FROM DATASET.rejects_versions;

-- A change of status that a person or a program made, with the comment.
CREATE OR REPLACE VIEW DATASET.reviews AS
SELECT t.*
FROM DATASET.reviews_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One run of the nightly job.
CREATE OR REPLACE VIEW DATASET.runs AS
SELECT * FROM DATASET.runs_versions;

-- One feature of a session and its state, as the list row and as the decision's block have it.
CREATE OR REPLACE VIEW DATASET.session_features AS
SELECT t.*
FROM DATASET.session_features_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One observed state of a verification session: what the list and the decision say of the session as a whole. Columns list_… are the list row's word where the decision has its own.
CREATE OR REPLACE VIEW DATASET.sessions AS
SELECT t.*
FROM DATASET.sessions_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One suspicion that a transaction raised, and how far its investigation is.
CREATE OR REPLACE VIEW DATASET.transaction_alerts AS
SELECT t.*
FROM DATASET.transaction_alerts_versions AS t
JOIN DATASET.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One person or company that takes part in a transaction.
CREATE OR REPLACE VIEW DATASET.transaction_parties AS
SELECT t.*
FROM DATASET.transaction_parties_versions AS t
JOIN DATASET.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- What one provider of monitoring or screening found about a transaction.
CREATE OR REPLACE VIEW DATASET.transaction_results AS
SELECT t.*
FROM DATASET.transaction_results_versions AS t
JOIN DATASET.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One run of a monitoring rule over a transaction.
CREATE OR REPLACE VIEW DATASET.transaction_rules AS
SELECT t.*
FROM DATASET.transaction_rules_versions AS t
JOIN DATASET.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One payment or other event of a user that the vendor monitors.
CREATE OR REPLACE VIEW DATASET.transactions AS
SELECT t.*
FROM DATASET.transactions_versions AS t
JOIN DATASET.transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- A comment on a user or a change made to one, by a person or a program.
CREATE OR REPLACE VIEW DATASET.user_comments AS
SELECT t.*
FROM DATASET.user_comments_versions AS t
JOIN DATASET.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One e-mail address or phone number that a user has proven to own.
CREATE OR REPLACE VIEW DATASET.user_contacts AS
SELECT t.*
FROM DATASET.user_contacts_versions AS t
JOIN DATASET.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One counter that the vendor keeps of a user and that our own sessions of that user contradict, as of a run.
CREATE OR REPLACE VIEW DATASET.user_count_mismatches AS
SELECT * FROM DATASET.user_count_mismatches_versions;

-- The latest status of one feature over a user's sessions, as the vendor reports it. View user_features works it out from the sessions.
CREATE OR REPLACE VIEW DATASET.user_features_reported AS
SELECT t.*
FROM DATASET.user_features_reported_versions AS t
JOIN DATASET.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One state that issued a document of a user.
CREATE OR REPLACE VIEW DATASET.user_issuing_states AS
SELECT t.*
FROM DATASET.user_issuing_states_versions AS t
JOIN DATASET.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One tag that a user has. A detail tells when it was given and by whom, a list row does not.
CREATE OR REPLACE VIEW DATASET.user_tags AS
SELECT t.*
FROM DATASET.user_tags_versions AS t
JOIN DATASET.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One person as the vendor keeps them over all their sessions. Only a user with vendor_data has a detail. The link to the portrait is not kept; table media has those of the sessions.
CREATE OR REPLACE VIEW DATASET.users AS
SELECT t.*
FROM DATASET.users_versions AS t
JOIN DATASET.users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One warning that a feature raised. The vendor gives warnings neither id nor time.
CREATE OR REPLACE VIEW DATASET.warnings AS
SELECT t.*
FROM DATASET.warnings_versions AS t
JOIN DATASET.sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One workflow of the organisation: which steps an applicant goes through, and its price.
CREATE OR REPLACE VIEW DATASET.workflows AS
SELECT t.*
FROM DATASET.workflows_versions AS t
JOIN DATASET.workflows_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND (t.uuid = l.uuid OR (t.uuid IS NULL AND l.uuid IS NULL));

CREATE OR REPLACE TABLE FUNCTION DATASET.activity_feeds_latest_as_of(known_seq INT64) AS
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM DATASET.activity_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.activity_feeds_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY application, session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.businesses_latest_as_of(known_seq INT64) AS
SELECT application, business_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, business_id, version_seq FROM DATASET.business_features_reported_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM DATASET.business_tags_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM DATASET.businesses_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY application, business_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.pdf_reports_latest_as_of(known_seq INT64) AS
SELECT application, session_version_seq, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_version_seq, session_id, version_seq FROM DATASET.pdf_reports_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY application, session_version_seq, session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.reference_files_latest_as_of(known_seq INT64) AS
SELECT kind, MAX(version_seq) AS version_seq
FROM (
    SELECT kind, version_seq FROM DATASET.country_lists_versions
    UNION ALL
    SELECT kind, version_seq FROM DATASET.firm_customers_versions
    UNION ALL
    SELECT kind, version_seq FROM DATASET.reference_files_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY kind;

CREATE OR REPLACE TABLE FUNCTION DATASET.sessions_latest_as_of(known_seq INT64) AS
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM DATASET.aml_hits_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.aml_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.aml_screenings_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.company_officers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.company_owners_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.contact_events_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.database_validation_sources_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.database_validations_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.document_ai_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.document_ai_fields_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.email_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.face_matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.id_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.ip_analyses_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.key_people_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.key_people_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.kyb_document_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.kyb_documents_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.liveness_checks_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.matches_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.media_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.nfc_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.phone_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.poa_verifications_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.questionnaire_answers_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.questionnaires_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.registry_companies_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.reviews_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.session_features_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.sessions_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM DATASET.warnings_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY application, session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.transactions_latest_as_of(known_seq INT64) AS
SELECT application, transaction_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_alerts_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_parties_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_results_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transaction_rules_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM DATASET.transactions_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY application, transaction_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.users_latest_as_of(known_seq INT64) AS
SELECT application, user_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, user_id, version_seq FROM DATASET.user_comments_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_contacts_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_features_reported_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_issuing_states_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.user_tags_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM DATASET.users_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY application, user_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.workflows_latest_as_of(known_seq INT64) AS
SELECT application, uuid, MAX(version_seq) AS version_seq
FROM (
    SELECT application, uuid, version_seq FROM DATASET.workflows_versions
) AS v
WHERE version_seq <= known_seq
GROUP BY application, uuid;

CREATE OR REPLACE TABLE FUNCTION DATASET.activity_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.activity_versions AS t
JOIN DATASET.activity_feeds_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.activity_feeds_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.activity_feeds_versions AS t
JOIN DATASET.activity_feeds_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.aml_hits_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.aml_hits_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.aml_matches_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.aml_matches_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.aml_screenings_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.aml_screenings_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.business_features_reported_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.business_features_reported_versions AS t
JOIN DATASET.businesses_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.business_tags_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.business_tags_versions AS t
JOIN DATASET.businesses_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.businesses_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.businesses_versions AS t
JOIN DATASET.businesses_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.check_waivers_as_of(known_seq INT64) AS
SELECT * FROM DATASET.check_waivers_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.company_officers_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.company_officers_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.company_owners_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.company_owners_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.contact_events_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.contact_events_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.control_totals_as_of(known_seq INT64) AS
SELECT * FROM DATASET.control_totals_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.country_lists_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.country_lists_versions AS t
JOIN DATASET.reference_files_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

CREATE OR REPLACE TABLE FUNCTION DATASET.database_validation_sources_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.database_validation_sources_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.database_validations_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.database_validations_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.document_ai_documents_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.document_ai_documents_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.document_ai_fields_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.document_ai_fields_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.drift_as_of(known_seq INT64) AS
SELECT * FROM DATASET.drift_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.drift_decisions_as_of(known_seq INT64) AS
SELECT * FROM DATASET.drift_decisions_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.email_verifications_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.email_verifications_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.face_matches_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.face_matches_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.firm_customers_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.firm_customers_versions AS t
JOIN DATASET.reference_files_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

CREATE OR REPLACE TABLE FUNCTION DATASET.id_verifications_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.id_verifications_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.ip_analyses_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.ip_analyses_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.key_people_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.key_people_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.key_people_checks_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.key_people_checks_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.kyb_document_checks_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.kyb_document_checks_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.kyb_documents_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.kyb_documents_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.liveness_checks_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.liveness_checks_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.matches_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.matches_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.media_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.media_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.nfc_verifications_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.nfc_verifications_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.pdf_reports_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.pdf_reports_versions AS t
JOIN DATASET.pdf_reports_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_version_seq = l.session_version_seq
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.phone_verifications_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.phone_verifications_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.poa_verifications_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.poa_verifications_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.promises_as_of(known_seq INT64) AS
SELECT * FROM DATASET.promises_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.questionnaire_answers_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.questionnaire_answers_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.questionnaires_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.questionnaires_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.raw_documents_as_of(known_seq INT64) AS
SELECT * FROM DATASET.raw_documents_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.reference_files_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.reference_files_versions AS t
JOIN DATASET.reference_files_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

CREATE OR REPLACE TABLE FUNCTION DATASET.registry_companies_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.registry_companies_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.rejects_as_of(known_seq INT64) AS
SELECT * FROM DATASET.rejects_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.reviews_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.reviews_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.runs_as_of(known_seq INT64) AS
SELECT * FROM DATASET.runs_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.session_features_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.session_features_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.sessions_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.sessions_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.transaction_alerts_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.transaction_alerts_versions AS t
JOIN DATASET.transactions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.transaction_parties_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.transaction_parties_versions AS t
JOIN DATASET.transactions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.transaction_results_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.transaction_results_versions AS t
JOIN DATASET.transactions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.transaction_rules_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.transaction_rules_versions AS t
JOIN DATASET.transactions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.transactions_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.transactions_versions AS t
JOIN DATASET.transactions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.user_comments_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.user_comments_versions AS t
JOIN DATASET.users_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.user_contacts_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.user_contacts_versions AS t
JOIN DATASET.users_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.user_count_mismatches_as_of(known_seq INT64) AS
SELECT * FROM DATASET.user_count_mismatches_versions WHERE version_seq <= known_seq;

CREATE OR REPLACE TABLE FUNCTION DATASET.user_features_reported_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.user_features_reported_versions AS t
JOIN DATASET.users_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.user_issuing_states_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.user_issuing_states_versions AS t
JOIN DATASET.users_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.user_tags_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.user_tags_versions AS t
JOIN DATASET.users_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.users_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.users_versions AS t
JOIN DATASET.users_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.warnings_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.warnings_versions AS t
JOIN DATASET.sessions_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

CREATE OR REPLACE TABLE FUNCTION DATASET.workflows_as_of(known_seq INT64) AS
SELECT t.*
FROM DATASET.workflows_versions AS t
JOIN DATASET.workflows_latest_as_of(known_seq) AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND (t.uuid = l.uuid OR (t.uuid IS NULL AND l.uuid IS NULL));
