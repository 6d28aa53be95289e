-- One row: a value that is held of a session now, in long form.
--
-- Everything that the tables of a session hold of it, column by column; empty ones are left out. Values are text as JSON
-- has it. What it looked like earlier is in the tables ending in _versions, and kycsync show prints both. What may be
-- shown to whom depends on the column: this view mixes all classes.
--
-- question: What do we hold about one session, everything?
-- parameter of_session: session_id
-- column table_name internal: the table it stands in
-- column row_no internal: row of that table within the session, from 1, in the table's own order
-- column column_name internal: the column it stands in
-- column value criminal: as text
-- example: SELECT table_name, row_no, column_name, value FROM session_dossier('7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d') ORDER BY table_name, row_no, column_name
CREATE OR REPLACE MACRO session_dossier(of_session) AS TABLE
WITH held AS (
    SELECT 'sessions' AS table_name, row_number() OVER (ORDER BY version_seq) AS row_no, to_json(t) AS row_json FROM sessions AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'session_features' AS table_name, row_number() OVER (ORDER BY source, block, block_ordinal) AS row_no, to_json(t) AS row_json FROM session_features AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'reviews' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM reviews AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'warnings' AS table_name, row_number() OVER (ORDER BY block, block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM warnings AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'matches' AS table_name, row_number() OVER (ORDER BY block, block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM matches AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'media' AS table_name, row_number() OVER (ORDER BY block, block_ordinal, item_ordinal, sub_ordinal, media_kind, file_ordinal) AS row_no, to_json(t) AS row_json FROM media AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'id_verifications' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM id_verifications AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'nfc_verifications' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM nfc_verifications AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'liveness_checks' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM liveness_checks AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'face_matches' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM face_matches AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'poa_verifications' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM poa_verifications AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'database_validations' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM database_validations AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'database_validation_sources' AS table_name, row_number() OVER (ORDER BY block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM database_validation_sources AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'phone_verifications' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM phone_verifications AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'email_verifications' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM email_verifications AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'contact_events' AS table_name, row_number() OVER (ORDER BY block, block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM contact_events AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'ip_analyses' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM ip_analyses AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'aml_screenings' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM aml_screenings AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'aml_hits' AS table_name, row_number() OVER (ORDER BY block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM aml_hits AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'aml_matches' AS table_name, row_number() OVER (ORDER BY match_kind, block_ordinal, item_ordinal, match_ordinal) AS row_no, to_json(t) AS row_json FROM aml_matches AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'questionnaires' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM questionnaires AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'questionnaire_answers' AS table_name, row_number() OVER (ORDER BY block_ordinal, section_ordinal, answer_ordinal) AS row_no, to_json(t) AS row_json FROM questionnaire_answers AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'document_ai_documents' AS table_name, row_number() OVER (ORDER BY block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM document_ai_documents AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'document_ai_fields' AS table_name, row_number() OVER (ORDER BY block_ordinal, item_ordinal, field_ordinal) AS row_no, to_json(t) AS row_json FROM document_ai_fields AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'registry_companies' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM registry_companies AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'company_officers' AS table_name, row_number() OVER (ORDER BY block, block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM company_officers AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'company_owners' AS table_name, row_number() OVER (ORDER BY block, block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM company_owners AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'key_people_checks' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM key_people_checks AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'key_people' AS table_name, row_number() OVER (ORDER BY block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM key_people AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'kyb_document_checks' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM kyb_document_checks AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'kyb_documents' AS table_name, row_number() OVER (ORDER BY block_ordinal, item_ordinal) AS row_no, to_json(t) AS row_json FROM kyb_documents AS t WHERE session_id = of_session
    UNION ALL
    SELECT 'activity' AS table_name, row_number() OVER (ORDER BY block_ordinal) AS row_no, to_json(t) AS row_json FROM activity AS t WHERE session_id = of_session
)
SELECT
    h.table_name,
    h.row_no,
    j.key AS column_name,
    j.value ->> '$' AS value
FROM held AS h, json_each(h.row_json) AS j
WHERE json_type(j.value) <> 'NULL'
