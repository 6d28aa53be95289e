-- Spark: the Iceberg tables as T_versions and the current rows as T, for one session. The catalog lake is of type hadoop:
--   spark-sql --conf spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog --conf spark.sql.catalog.lake.type=hadoop \
--     --conf spark.sql.catalog.lake.warehouse=LAKE_URI/published -i spark.sql
-- Not run against the real service. Made from the tables of kycsync by go test ./deploy -run TestEngines -update.

CREATE OR REPLACE TEMPORARY VIEW activity_versions AS SELECT * FROM lake.iceberg.activity;
CREATE OR REPLACE TEMPORARY VIEW activity_feeds_versions AS SELECT * FROM lake.iceberg.activity_feeds;
CREATE OR REPLACE TEMPORARY VIEW aml_hits_versions AS SELECT * FROM lake.iceberg.aml_hits;
CREATE OR REPLACE TEMPORARY VIEW aml_matches_versions AS SELECT * FROM lake.iceberg.aml_matches;
CREATE OR REPLACE TEMPORARY VIEW aml_screenings_versions AS SELECT * FROM lake.iceberg.aml_screenings;
CREATE OR REPLACE TEMPORARY VIEW business_features_reported_versions AS SELECT * FROM lake.iceberg.business_features_reported;
CREATE OR REPLACE TEMPORARY VIEW business_tags_versions AS SELECT * FROM lake.iceberg.business_tags;
CREATE OR REPLACE TEMPORARY VIEW businesses_versions AS SELECT * FROM lake.iceberg.businesses;
CREATE OR REPLACE TEMPORARY VIEW check_waivers_versions AS SELECT * FROM lake.iceberg.check_waivers;
CREATE OR REPLACE TEMPORARY VIEW company_officers_versions AS SELECT * FROM lake.iceberg.company_officers;
CREATE OR REPLACE TEMPORARY VIEW company_owners_versions AS SELECT * FROM lake.iceberg.company_owners;
CREATE OR REPLACE TEMPORARY VIEW contact_events_versions AS SELECT * FROM lake.iceberg.contact_events;
CREATE OR REPLACE TEMPORARY VIEW control_totals_versions AS SELECT * FROM lake.iceberg.control_totals;
CREATE OR REPLACE TEMPORARY VIEW country_lists_versions AS SELECT * FROM lake.iceberg.country_lists;
CREATE OR REPLACE TEMPORARY VIEW database_validation_sources_versions AS SELECT * FROM lake.iceberg.database_validation_sources;
CREATE OR REPLACE TEMPORARY VIEW database_validations_versions AS SELECT * FROM lake.iceberg.database_validations;
CREATE OR REPLACE TEMPORARY VIEW document_ai_documents_versions AS SELECT * FROM lake.iceberg.document_ai_documents;
CREATE OR REPLACE TEMPORARY VIEW document_ai_fields_versions AS SELECT * FROM lake.iceberg.document_ai_fields;
CREATE OR REPLACE TEMPORARY VIEW drift_versions AS SELECT * FROM lake.iceberg.drift;
CREATE OR REPLACE TEMPORARY VIEW drift_decisions_versions AS SELECT * FROM lake.iceberg.drift_decisions;
CREATE OR REPLACE TEMPORARY VIEW email_verifications_versions AS SELECT * FROM lake.iceberg.email_verifications;
CREATE OR REPLACE TEMPORARY VIEW face_matches_versions AS SELECT * FROM lake.iceberg.face_matches;
CREATE OR REPLACE TEMPORARY VIEW firm_customers_versions AS SELECT * FROM lake.iceberg.firm_customers;
CREATE OR REPLACE TEMPORARY VIEW id_verifications_versions AS SELECT * FROM lake.iceberg.id_verifications;
CREATE OR REPLACE TEMPORARY VIEW ip_analyses_versions AS SELECT * FROM lake.iceberg.ip_analyses;
CREATE OR REPLACE TEMPORARY VIEW key_people_versions AS SELECT * FROM lake.iceberg.key_people;
CREATE OR REPLACE TEMPORARY VIEW key_people_checks_versions AS SELECT * FROM lake.iceberg.key_people_checks;
CREATE OR REPLACE TEMPORARY VIEW kyb_document_checks_versions AS SELECT * FROM lake.iceberg.kyb_document_checks;
CREATE OR REPLACE TEMPORARY VIEW kyb_documents_versions AS SELECT * FROM lake.iceberg.kyb_documents;
CREATE OR REPLACE TEMPORARY VIEW liveness_checks_versions AS SELECT * FROM lake.iceberg.liveness_checks;
CREATE OR REPLACE TEMPORARY VIEW matches_versions AS SELECT * FROM lake.iceberg.matches;
CREATE OR REPLACE TEMPORARY VIEW media_versions AS SELECT * FROM lake.iceberg.media;
CREATE OR REPLACE TEMPORARY VIEW nfc_verifications_versions AS SELECT * FROM lake.iceberg.nfc_verifications;
CREATE OR REPLACE TEMPORARY VIEW pdf_reports_versions AS SELECT * FROM lake.iceberg.pdf_reports;
CREATE OR REPLACE TEMPORARY VIEW phone_verifications_versions AS SELECT * FROM lake.iceberg.phone_verifications;
CREATE OR REPLACE TEMPORARY VIEW poa_verifications_versions AS SELECT * FROM lake.iceberg.poa_verifications;
CREATE OR REPLACE TEMPORARY VIEW promises_versions AS SELECT * FROM lake.iceberg.promises;
CREATE OR REPLACE TEMPORARY VIEW questionnaire_answers_versions AS SELECT * FROM lake.iceberg.questionnaire_answers;
CREATE OR REPLACE TEMPORARY VIEW questionnaires_versions AS SELECT * FROM lake.iceberg.questionnaires;
CREATE OR REPLACE TEMPORARY VIEW raw_documents_versions AS SELECT * FROM lake.iceberg.raw_documents;
CREATE OR REPLACE TEMPORARY VIEW reference_files_versions AS SELECT * FROM lake.iceberg.reference_files;
CREATE OR REPLACE TEMPORARY VIEW registry_companies_versions AS SELECT * FROM lake.iceberg.registry_companies;
CREATE OR REPLACE TEMPORARY VIEW rejects_versions AS SELECT * FROM lake.iceberg.rejects;
CREATE OR REPLACE TEMPORARY VIEW reviews_versions AS SELECT * FROM lake.iceberg.reviews;
CREATE OR REPLACE TEMPORARY VIEW runs_versions AS SELECT * FROM lake.iceberg.runs;
CREATE OR REPLACE TEMPORARY VIEW session_features_versions AS SELECT * FROM lake.iceberg.session_features;
CREATE OR REPLACE TEMPORARY VIEW sessions_versions AS SELECT * FROM lake.iceberg.sessions;
CREATE OR REPLACE TEMPORARY VIEW transaction_alerts_versions AS SELECT * FROM lake.iceberg.transaction_alerts;
CREATE OR REPLACE TEMPORARY VIEW transaction_parties_versions AS SELECT * FROM lake.iceberg.transaction_parties;
CREATE OR REPLACE TEMPORARY VIEW transaction_results_versions AS SELECT * FROM lake.iceberg.transaction_results;
CREATE OR REPLACE TEMPORARY VIEW transaction_rules_versions AS SELECT * FROM lake.iceberg.transaction_rules;
CREATE OR REPLACE TEMPORARY VIEW transactions_versions AS SELECT * FROM lake.iceberg.transactions;
CREATE OR REPLACE TEMPORARY VIEW user_comments_versions AS SELECT * FROM lake.iceberg.user_comments;
CREATE OR REPLACE TEMPORARY VIEW user_contacts_versions AS SELECT * FROM lake.iceberg.user_contacts;
CREATE OR REPLACE TEMPORARY VIEW user_count_mismatches_versions AS SELECT * FROM lake.iceberg.user_count_mismatches;
CREATE OR REPLACE TEMPORARY VIEW user_features_reported_versions AS SELECT * FROM lake.iceberg.user_features_reported;
CREATE OR REPLACE TEMPORARY VIEW user_issuing_states_versions AS SELECT * FROM lake.iceberg.user_issuing_states;
CREATE OR REPLACE TEMPORARY VIEW user_tags_versions AS SELECT * FROM lake.iceberg.user_tags;
CREATE OR REPLACE TEMPORARY VIEW users_versions AS SELECT * FROM lake.iceberg.users;
CREATE OR REPLACE TEMPORARY VIEW warnings_versions AS SELECT * FROM lake.iceberg.warnings;
CREATE OR REPLACE TEMPORARY VIEW workflows_versions AS SELECT * FROM lake.iceberg.workflows;

-- A row: an entity of activity_feeds and its newest version.
CREATE OR REPLACE TEMPORARY VIEW activity_feeds_latest AS
SELECT application, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_id, version_seq FROM activity_versions
    UNION ALL
    SELECT application, session_id, version_seq FROM activity_feeds_versions
) AS v
GROUP BY application, session_id;

-- A row: an entity of businesses and its newest version.
CREATE OR REPLACE TEMPORARY VIEW businesses_latest AS
SELECT application, business_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, business_id, version_seq FROM business_features_reported_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM business_tags_versions
    UNION ALL
    SELECT application, business_id, version_seq FROM businesses_versions
) AS v
GROUP BY application, business_id;

-- A row: an entity of pdf_reports and its newest version.
CREATE OR REPLACE TEMPORARY VIEW pdf_reports_latest AS
SELECT application, session_version_seq, session_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, session_version_seq, session_id, version_seq FROM pdf_reports_versions
) AS v
GROUP BY application, session_version_seq, session_id;

-- A row: an entity of reference_files and its newest version.
CREATE OR REPLACE TEMPORARY VIEW reference_files_latest AS
SELECT kind, MAX(version_seq) AS version_seq
FROM (
    SELECT kind, version_seq FROM country_lists_versions
    UNION ALL
    SELECT kind, version_seq FROM firm_customers_versions
    UNION ALL
    SELECT kind, version_seq FROM reference_files_versions
) AS v
GROUP BY kind;

-- A row: an entity of sessions and its newest version.
CREATE OR REPLACE TEMPORARY VIEW sessions_latest AS
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
GROUP BY application, session_id;

-- A row: an entity of transactions and its newest version.
CREATE OR REPLACE TEMPORARY VIEW transactions_latest AS
SELECT application, transaction_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, transaction_id, version_seq FROM transaction_alerts_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM transaction_parties_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM transaction_results_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM transaction_rules_versions
    UNION ALL
    SELECT application, transaction_id, version_seq FROM transactions_versions
) AS v
GROUP BY application, transaction_id;

-- A row: an entity of users and its newest version.
CREATE OR REPLACE TEMPORARY VIEW users_latest AS
SELECT application, user_id, MAX(version_seq) AS version_seq
FROM (
    SELECT application, user_id, version_seq FROM user_comments_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM user_contacts_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM user_features_reported_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM user_issuing_states_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM user_tags_versions
    UNION ALL
    SELECT application, user_id, version_seq FROM users_versions
) AS v
GROUP BY application, user_id;

-- A row: an entity of workflows and its newest version.
CREATE OR REPLACE TEMPORARY VIEW workflows_latest AS
SELECT application, uuid, MAX(version_seq) AS version_seq
FROM (
    SELECT application, uuid, version_seq FROM workflows_versions
) AS v
GROUP BY application, uuid;

-- One thing done to a session by a person or a program: a decision, a correction, a comment, a tag.
CREATE OR REPLACE TEMPORARY VIEW activity AS
SELECT t.*
FROM activity_versions AS t
JOIN activity_feeds_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- What was done to a session up to one instant: one row per state of its feed, also of an empty one. A feed has versions of its own, apart from the session's.
CREATE OR REPLACE TEMPORARY VIEW activity_feeds AS
SELECT t.*
FROM activity_feeds_versions AS t
JOIN activity_feeds_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One entry of a list that resembles the person or company screened.
CREATE OR REPLACE TEMPORARY VIEW aml_hits AS
SELECT t.*
FROM aml_hits_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One source behind an AML hit: a register of politically exposed persons, a sanction list, a warning, an article.
CREATE OR REPLACE TEMPORARY VIEW aml_matches AS
SELECT t.*
FROM aml_matches_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One search for a person or company in lists of sanctions, politically exposed persons, warnings and adverse media.
CREATE OR REPLACE TEMPORARY VIEW aml_screenings AS
SELECT t.*
FROM aml_screenings_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- The latest status of one feature over a business's sessions, as the vendor reports it.
CREATE OR REPLACE TEMPORARY VIEW business_features_reported AS
SELECT t.*
FROM business_features_reported_versions AS t
JOIN businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One tag that a business has.
CREATE OR REPLACE TEMPORARY VIEW business_tags AS
SELECT t.*
FROM business_tags_versions AS t
JOIN businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One company as the vendor keeps it over all its sessions. Only a business with vendor_data has a detail.
CREATE OR REPLACE TEMPORARY VIEW businesses AS
SELECT t.*
FROM businesses_versions AS t
JOIN businesses_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.business_id = l.business_id;

-- One decision that a failed check may be passed over for a while. Of one check the newest counts.
CREATE OR REPLACE TEMPORARY VIEW check_waivers AS
SELECT * FROM check_waivers_versions;

-- One officer of a company. The same person stands in both blocks with the same uuid.
CREATE OR REPLACE TEMPORARY VIEW company_officers AS
SELECT t.*
FROM company_officers_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One beneficial owner of a company. The same owner stands in both blocks with the same uuid.
CREATE OR REPLACE TEMPORARY VIEW company_owners AS
SELECT t.*
FROM company_owners_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One step in the proof of a phone number or e-mail address: message sent, code entered, decided. The codes themselves are not kept.
CREATE OR REPLACE TEMPORARY VIEW contact_events AS
SELECT t.*
FROM contact_events_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One count of the vendor's, held against the lake as of the same run.
CREATE OR REPLACE TEMPORARY VIEW control_totals AS
SELECT * FROM control_totals_versions;

-- One country on a list that the organisation keeps or follows, with the days in which it stood there, from its own reference file.
CREATE OR REPLACE TEMPORARY VIEW country_lists AS
SELECT t.*
FROM country_lists_versions AS t
JOIN reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- The answer of one register within a database validation.
CREATE OR REPLACE TEMPORARY VIEW database_validation_sources AS
SELECT t.*
FROM database_validation_sources_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One comparison of the applicant's data with a country's registers.
CREATE OR REPLACE TEMPORARY VIEW database_validations AS
SELECT t.*
FROM database_validations_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document that was read as a workflow's own instructions say.
CREATE OR REPLACE TEMPORARY VIEW document_ai_documents AS
SELECT t.*
FROM document_ai_documents_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One field that a workflow asks for in a document. What was read stands in document_ai_documents.extracted_data under row_key.
CREATE OR REPLACE TEMPORARY VIEW document_ai_fields AS
SELECT t.*
FROM document_ai_fields_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One path or value in the vendor's documents that no column expects, counted over a run.
CREATE OR REPLACE TEMPORARY VIEW drift AS
SELECT * FROM drift_versions;

-- One drift that a person has looked at and accepted.
CREATE OR REPLACE TEMPORARY VIEW drift_decisions AS
SELECT * FROM drift_decisions_versions;

-- One proof that the applicant holds an e-mail address.
CREATE OR REPLACE TEMPORARY VIEW email_verifications AS
SELECT t.*
FROM email_verifications_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One comparison of two faces.
CREATE OR REPLACE TEMPORARY VIEW face_matches AS
SELECT t.*
FROM face_matches_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One relationship of the organisation with a customer, from its own reference file: the vendor knows none of this.
CREATE OR REPLACE TEMPORARY VIEW firm_customers AS
SELECT t.*
FROM firm_customers_versions AS t
JOIN reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- One reading of an identity document.
CREATE OR REPLACE TEMPORARY VIEW id_verifications AS
SELECT t.*
FROM id_verifications_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One device and network that the session was used from.
CREATE OR REPLACE TEMPORARY VIEW ip_analyses AS
SELECT t.*
FROM ip_analyses_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One person or company that the applicant named as being behind the company.
CREATE OR REPLACE TEMPORARY VIEW key_people AS
SELECT t.*
FROM key_people_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One check of the people behind a company, as a whole.
CREATE OR REPLACE TEMPORARY VIEW key_people_checks AS
SELECT t.*
FROM key_people_checks_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One check of a company's documents, as a whole.
CREATE OR REPLACE TEMPORARY VIEW kyb_document_checks AS
SELECT t.*
FROM kyb_document_checks_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document of a company.
CREATE OR REPLACE TEMPORARY VIEW kyb_documents AS
SELECT t.*
FROM kyb_documents_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One test that the applicant is a living person before the camera.
CREATE OR REPLACE TEMPORARY VIEW liveness_checks AS
SELECT t.*
FROM liveness_checks_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- Another session, import or list entry that shares a document, a face, a phone number, an e-mail address, a device or an IP address with this session.
CREATE OR REPLACE TEMPORARY VIEW matches AS
SELECT t.*
FROM matches_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One image, video or file that exists for a session. The vendor's links end within the hour and are not kept: only their path.
CREATE OR REPLACE TEMPORARY VIEW media AS
SELECT t.*
FROM media_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One reading of a document's chip.
CREATE OR REPLACE TEMPORARY VIEW nfc_verifications AS
SELECT t.*
FROM nfc_verifications_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- What became of the vendor's PDF of a session: one row for each final version of a session that was looked at. The file itself is in the store of the lake, under the name in object.
CREATE OR REPLACE TEMPORARY VIEW pdf_reports AS
SELECT t.*
FROM pdf_reports_versions AS t
JOIN pdf_reports_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_version_seq = l.session_version_seq
    AND t.session_id = l.session_id;

-- One proof that the applicant holds a phone number.
CREATE OR REPLACE TEMPORARY VIEW phone_verifications AS
SELECT t.*
FROM phone_verifications_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One reading of a proof of address.
CREATE OR REPLACE TEMPORARY VIEW poa_verifications AS
SELECT t.*
FROM poa_verifications_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- How old our knowledge of one class of sessions may be, and how old it was at the end of a run.
CREATE OR REPLACE TEMPORARY VIEW promises AS
SELECT * FROM promises_versions;

-- One item of a questionnaire, with its answer where there is one.
CREATE OR REPLACE TEMPORARY VIEW questionnaire_answers AS
SELECT t.*
FROM questionnaire_answers_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One questionnaire that was put to the applicant.
CREATE OR REPLACE TEMPORARY VIEW questionnaires AS
SELECT t.*
FROM questionnaires_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One document as received, canonical and without secrets. Kept in the lake only; later columns are filled from it.
CREATE OR REPLACE TEMPORARY VIEW raw_documents AS
SELECT * FROM raw_documents_versions;

-- One reference file of the organisation, as it was last loaded.
CREATE OR REPLACE TEMPORARY VIEW reference_files AS
SELECT t.*
FROM reference_files_versions AS t
JOIN reference_files_latest AS l
    ON t.version_seq = l.version_seq
    AND t.kind = l.kind;

-- One company as a business register has it.
CREATE OR REPLACE TEMPORARY VIEW registry_companies AS
SELECT t.*
FROM registry_companies_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One element that could not be read. It holds the form of the value, never the value.
CREATE OR REPLACE TEMPORARY VIEW rejects AS
SELECT * FROM rejects_versions;

-- A change of status that a person or a program made, with the comment.
CREATE OR REPLACE TEMPORARY VIEW reviews AS
SELECT t.*
FROM reviews_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One run of the nightly job.
CREATE OR REPLACE TEMPORARY VIEW runs AS
SELECT * FROM runs_versions;

-- One feature of a session and its state, as the list row and as the decision's block have it.
CREATE OR REPLACE TEMPORARY VIEW session_features AS
SELECT t.*
FROM session_features_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One observed state of a verification session: what the list and the decision say of the session as a whole. Columns list_… are the list row's word where the decision has its own.
CREATE OR REPLACE TEMPORARY VIEW sessions AS
SELECT t.*
FROM sessions_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One suspicion that a transaction raised, and how far its investigation is.
CREATE OR REPLACE TEMPORARY VIEW transaction_alerts AS
SELECT t.*
FROM transaction_alerts_versions AS t
JOIN transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One person or company that takes part in a transaction.
CREATE OR REPLACE TEMPORARY VIEW transaction_parties AS
SELECT t.*
FROM transaction_parties_versions AS t
JOIN transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- What one provider of monitoring or screening found about a transaction.
CREATE OR REPLACE TEMPORARY VIEW transaction_results AS
SELECT t.*
FROM transaction_results_versions AS t
JOIN transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One run of a monitoring rule over a transaction.
CREATE OR REPLACE TEMPORARY VIEW transaction_rules AS
SELECT t.*
FROM transaction_rules_versions AS t
JOIN transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- One payment or other event of a user that the vendor monitors.
CREATE OR REPLACE TEMPORARY VIEW transactions AS
SELECT t.*
FROM transactions_versions AS t
JOIN transactions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.transaction_id = l.transaction_id;

-- A comment on a user or a change made to one, by a person or a program.
CREATE OR REPLACE TEMPORARY VIEW user_comments AS
SELECT t.*
FROM user_comments_versions AS t
JOIN users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One e-mail address or phone number that a user has proven to own.
CREATE OR REPLACE TEMPORARY VIEW user_contacts AS
SELECT t.*
FROM user_contacts_versions AS t
JOIN users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One counter that the vendor keeps of a user and that our own sessions of that user contradict, as of a run.
CREATE OR REPLACE TEMPORARY VIEW user_count_mismatches AS
SELECT * FROM user_count_mismatches_versions;

-- The latest status of one feature over a user's sessions, as the vendor reports it. View user_features works it out from the sessions.
CREATE OR REPLACE TEMPORARY VIEW user_features_reported AS
SELECT t.*
FROM user_features_reported_versions AS t
JOIN users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One state that issued a document of a user.
CREATE OR REPLACE TEMPORARY VIEW user_issuing_states AS
SELECT t.*
FROM user_issuing_states_versions AS t
JOIN users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One tag that a user has. A detail tells when it was given and by whom, a list row does not.
CREATE OR REPLACE TEMPORARY VIEW user_tags AS
SELECT t.*
FROM user_tags_versions AS t
JOIN users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One person as the vendor keeps them over all their sessions. Only a user with vendor_data has a detail. The link to the portrait is not kept; table media has those of the sessions.
CREATE OR REPLACE TEMPORARY VIEW users AS
SELECT t.*
FROM users_versions AS t
JOIN users_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.user_id = l.user_id;

-- One warning that a feature raised. The vendor gives warnings neither id nor time.
CREATE OR REPLACE TEMPORARY VIEW warnings AS
SELECT t.*
FROM warnings_versions AS t
JOIN sessions_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND t.session_id = l.session_id;

-- One workflow of the organisation: which steps an applicant goes through, and its price.
CREATE OR REPLACE TEMPORARY VIEW workflows AS
SELECT t.*
FROM workflows_versions AS t
JOIN workflows_latest AS l
    ON t.version_seq = l.version_seq
    AND t.application = l.application
    AND (t.uuid = l.uuid OR (t.uuid IS NULL AND l.uuid IS NULL));
