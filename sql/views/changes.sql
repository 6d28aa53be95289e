-- One row: a field that changed between one version of a session, a user or another entity and the next.
--
-- Rows of a table are told apart by row_id: the vendor's own id where there is one, else their place. A row that came or
-- went is one row for each of its fields that held something. The first version of an entity is no change. Left out
-- is what changes without meaning: links, monitoring times, where a row stands in its list.
--
-- It is asked for a session, an entity or some versions: of all history at once it is slow.
--
-- question: What changed, from what to what, and when was it seen?
-- column session_id pii: null where it is not about a session
-- column entity internal: session, user, business, transaction, workflow or reference
-- column entity_id pii: the session's, user's, business's, transaction's or workflow's id
-- column table_name internal: the table that the field is a column of
-- column row_id criminal: which row of that table, within the entity; empty where there is one
-- column version_seq internal: number of the commit in which the change was stored
-- column observed_at internal: when the new version was read; null where the row went
-- column change internal: changed, added or removed: the row
-- column column_name internal: name of the field
-- column old_value criminal: as text; null: it was empty, or the row was not there
-- column new_value criminal: as text; null: it is empty, or the row is not there any more
-- example: SELECT * FROM changes WHERE session_id = '7d3b5c3e-5a0c-4b8e-9a3e-0d8f3a1b2c4d' ORDER BY version_seq, table_name, row_id, column_name
CREATE OR REPLACE VIEW changes AS
WITH sessions_replaced AS MATERIALIZED (SELECT application, session_id, next_seq FROM sessions_versions WHERE next_seq IS NOT NULL),
activity_feeds_replaced AS MATERIALIZED (SELECT application, session_id, next_seq FROM activity_feeds_versions WHERE next_seq IS NOT NULL),
pdf_reports_replaced AS MATERIALIZED (SELECT application, session_version_seq, session_id, next_seq FROM pdf_reports_versions WHERE next_seq IS NOT NULL),
users_replaced AS MATERIALIZED (SELECT application, user_id, next_seq FROM users_versions WHERE next_seq IS NOT NULL),
businesses_replaced AS MATERIALIZED (SELECT application, business_id, next_seq FROM businesses_versions WHERE next_seq IS NOT NULL),
transactions_replaced AS MATERIALIZED (SELECT application, transaction_id, next_seq FROM transactions_versions WHERE next_seq IS NOT NULL),
workflows_replaced AS MATERIALIZED (SELECT application, uuid, next_seq FROM workflows_versions WHERE next_seq IS NOT NULL),
reference_files_replaced AS MATERIALIZED (SELECT kind, next_seq FROM reference_files_versions WHERE next_seq IS NOT NULL),
pairs AS NOT MATERIALIZED (
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'sessions' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['session_kind', 'status', 'status_raw', 'list_status', 'list_status_raw', 'session_type', 'api_service', 'environment', 'created_at', 'expires_at', 'workflow_id', 'workflow_type', 'workflow_label', 'workflow_version', 'workflow_version_id', 'features', 'vendor_data', 'vendor_data_key', 'didit_internal_id', 'metadata', 'callback', 'has_device_nfc_support', 'full_name', 'document_type', 'country', 'country_iso3', 'phone_number', 'is_phone_verified', 'email_address', 'is_email_verified', 'company_name', 'registration_number', 'list_aml_total_hits', 'list_aml_entity_type', 'list_aml_is_adverse_media_fetched', 'list_aml_screened_nationality', 'list_aml_screened_nationality_iso3', 'list_aml_screened_document_number', 'list_aml_screened_date_of_birth', 'list_database_validation_type', 'list_database_match_type', 'list_database_identification_number', 'list_poa_document_type', 'list_poa_issuer', 'list_poa_address', 'list_poa_name_on_document', 'list_liveness_method', 'list_liveness_score', 'list_liveness_score_raw', 'list_face_match_score', 'list_face_match_score_raw', 'list_phone_country_code', 'list_phone_country_code_iso3', 'list_phone_is_temporary', 'list_phone_is_ported', 'list_phone_is_blocked', 'list_email_is_breached', 'list_email_is_disposable', 'list_email_is_undeliverable', 'list_email_is_blocklisted', 'expected_details', 'expected_first_name', 'expected_last_name', 'expected_date_of_birth', 'expected_gender', 'expected_nationality', 'expected_nationality_iso3', 'expected_country', 'expected_country_iso3', 'expected_address', 'expected_identification_number', 'expected_ip_address', 'expected_document_types', 'expected_id_country', 'expected_id_country_iso3', 'expected_poa_country', 'expected_poa_country_iso3', 'expected_company_name', 'expected_registry_country', 'expected_registry_country_iso3', 'expected_registration_number', 'contact_email', 'contact_email_lang', 'contact_send_notification_emails', 'contact_phone', 'events', 'activity_reviews', 'blocklisted', 'cost_breakdown', 'upstream_state', 'upstream_gone_at', 'upstream_reason', 'extra_json'] AS names
    FROM (
        SELECT *, '' AS place,
            ["session_kind", "status", "status_raw", "list_status", "list_status_raw", "session_type", "api_service", "environment", strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), strftime("expires_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "workflow_id", "workflow_type", "workflow_label", "workflow_version", "workflow_version_id", "features"::VARCHAR, "vendor_data", "vendor_data_key", "didit_internal_id", "metadata"::VARCHAR, "callback", "has_device_nfc_support"::VARCHAR, "full_name", "document_type", "country", "country_iso3", "phone_number", "is_phone_verified"::VARCHAR, "email_address", "is_email_verified"::VARCHAR, "company_name", "registration_number", "list_aml_total_hits"::VARCHAR, "list_aml_entity_type", "list_aml_is_adverse_media_fetched"::VARCHAR, "list_aml_screened_nationality", "list_aml_screened_nationality_iso3", "list_aml_screened_document_number", "list_aml_screened_date_of_birth", "list_database_validation_type", "list_database_match_type", "list_database_identification_number", "list_poa_document_type", "list_poa_issuer", "list_poa_address", "list_poa_name_on_document", "list_liveness_method", "list_liveness_score"::VARCHAR, "list_liveness_score_raw"::VARCHAR, "list_face_match_score"::VARCHAR, "list_face_match_score_raw"::VARCHAR, "list_phone_country_code", "list_phone_country_code_iso3", "list_phone_is_temporary"::VARCHAR, "list_phone_is_ported"::VARCHAR, "list_phone_is_blocked"::VARCHAR, "list_email_is_breached"::VARCHAR, "list_email_is_disposable"::VARCHAR, "list_email_is_undeliverable"::VARCHAR, "list_email_is_blocklisted"::VARCHAR, "expected_details"::VARCHAR, "expected_first_name", "expected_last_name", "expected_date_of_birth"::VARCHAR, "expected_gender", "expected_nationality", "expected_nationality_iso3", "expected_country", "expected_country_iso3", "expected_address", "expected_identification_number", "expected_ip_address", "expected_document_types"::VARCHAR, "expected_id_country", "expected_id_country_iso3", "expected_poa_country", "expected_poa_country_iso3", "expected_company_name", "expected_registry_country", "expected_registry_country_iso3", "expected_registration_number", "contact_email", "contact_email_lang", "contact_send_notification_emails"::VARCHAR, "contact_phone", "events"::VARCHAR, "activity_reviews"::VARCHAR, "blocklisted"::VARCHAR, "cost_breakdown"::VARCHAR, "upstream_state", strftime("upstream_gone_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "upstream_reason", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM sessions_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM sessions_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'session_features' AS table_name, concat_ws('/', source, block, block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['feature', 'feature_raw', 'status', 'status_raw', 'node_id', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', source, block, block_ordinal) AS place,
            ["feature", "feature_raw", "status", "status_raw", "node_id", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM session_features_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM session_features_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'reviews' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['reviewer', 'new_status', 'new_status_raw', 'comment', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["reviewer", "new_status", "new_status_raw", "comment", strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM reviews_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM reviews_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'warnings' AS table_name, coalesce(row_key, concat_ws('/', block, block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['node_id', 'block_node_id', 'feature', 'feature_raw', 'risk', 'log_type', 'short_description', 'long_description', 'additional_data', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block, block_ordinal, item_ordinal) AS place,
            ["node_id", "block_node_id", "feature", "feature_raw", "risk", "log_type", "short_description", "long_description", "additional_data"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM warnings_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM warnings_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'matches' AS table_name, coalesce(row_key, concat_ws('/', block, block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['block_node_id', 'source', 'matched_session_id', 'matched_session_number', 'matched_vendor_data', 'matched_vendor_data_key', 'api_service', 'name', 'document_type', 'document_number', 'phone_number', 'email', 'similarity_percentage', 'match_type', 'match_source', 'match_mode', 'matched_value', 'confidence', 'confidence_raw', 'recovery_similarity', 'recovery_gate_reason', 'tls_ja4_corroborated', 'device_brand', 'device_model', 'browser_family', 'os_family', 'platform', 'device_fingerprint', 'ip_address', 'ip_country', 'ip_country_iso3', 'ip_country_code', 'ip_country_code_iso3', 'ip_state', 'ip_city', 'is_vpn_or_tor', 'is_data_center', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block, block_ordinal, item_ordinal) AS place,
            ["block_node_id", "source", "matched_session_id", "matched_session_number"::VARCHAR, "matched_vendor_data", "matched_vendor_data_key", "api_service", "name", "document_type", "document_number", "phone_number", "email", "similarity_percentage"::VARCHAR, "match_type", "match_source", "match_mode", "matched_value", "confidence"::VARCHAR, "confidence_raw"::VARCHAR, "recovery_similarity"::VARCHAR, "recovery_gate_reason", "tls_ja4_corroborated"::VARCHAR, "device_brand", "device_model", "browser_family", "os_family", "platform", "device_fingerprint", "ip_address", "ip_country", "ip_country_iso3", "ip_country_code", "ip_country_code_iso3", "ip_state", "ip_city", "is_vpn_or_tor"::VARCHAR, "is_data_center"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM matches_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM matches_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'media' AS table_name, concat_ws('/', block, block_ordinal, item_ordinal, sub_ordinal, media_kind, file_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['archived_at', 'archive_name', 'sha256', 'bytes', 'content_type'] AS names
    FROM (
        SELECT *, concat_ws('/', block, block_ordinal, item_ordinal, sub_ordinal, media_kind, file_ordinal) AS place,
            [strftime("archived_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "archive_name", "sha256", "bytes"::VARCHAR, "content_type"] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM media_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM media_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'id_verifications' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'document_type', 'document_subtype', 'document_number', 'personal_number', 'issuing_state', 'issuing_state_iso3', 'issuing_state_name', 'date_of_issue', 'expiration_date', 'first_name', 'last_name', 'full_name', 'date_of_birth', 'gender', 'nationality', 'nationality_iso3', 'place_of_birth', 'marital_status', 'address', 'formatted_address', 'parsed_city', 'parsed_label', 'parsed_region', 'parsed_country', 'parsed_country_iso3', 'parsed_category', 'parsed_street_1', 'parsed_street_2', 'parsed_is_verified', 'parsed_postal_code', 'parsed_address_type', 'parsed_formatted_address', 'parsed_latitude', 'parsed_longitude', 'parsed_raw_results', 'front_camera_face_match_score', 'back_camera_face_match_score', 'front_focus_score', 'front_brightness_score', 'front_brightness_issue', 'front_is_document_fully_visible', 'front_resolution_score', 'front_overall_score', 'back_focus_score', 'back_brightness_score', 'back_brightness_issue', 'back_is_document_fully_visible', 'back_resolution_score', 'back_overall_score', 'extra_fields', 'mrz_type', 'mrz_surname', 'mrz_name', 'mrz_country', 'mrz_country_iso3', 'mrz_nationality', 'mrz_nationality_iso3', 'mrz_birth_date', 'mrz_expiry_date', 'mrz_sex', 'mrz_document_type', 'mrz_document_number', 'mrz_personal_number', 'mrz_optional_data', 'mrz_optional_data_2', 'mrz_birth_date_hash', 'mrz_expiry_date_hash', 'mrz_document_number_hash', 'mrz_final_hash', 'mrz_string', 'mrz_key', 'mrz_warnings', 'mrz_errors', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "document_type", "document_subtype", "document_number", "personal_number", "issuing_state", "issuing_state_iso3", "issuing_state_name", "date_of_issue"::VARCHAR, "expiration_date"::VARCHAR, "first_name", "last_name", "full_name", "date_of_birth"::VARCHAR, "gender", "nationality", "nationality_iso3", "place_of_birth", "marital_status", "address", "formatted_address", "parsed_city", "parsed_label", "parsed_region", "parsed_country", "parsed_country_iso3", "parsed_category", "parsed_street_1", "parsed_street_2", "parsed_is_verified"::VARCHAR, "parsed_postal_code", "parsed_address_type", "parsed_formatted_address", "parsed_latitude"::VARCHAR, "parsed_longitude"::VARCHAR, "parsed_raw_results"::VARCHAR, "front_camera_face_match_score"::VARCHAR, "back_camera_face_match_score"::VARCHAR, "front_focus_score"::VARCHAR, "front_brightness_score"::VARCHAR, "front_brightness_issue", "front_is_document_fully_visible"::VARCHAR, "front_resolution_score"::VARCHAR, "front_overall_score"::VARCHAR, "back_focus_score"::VARCHAR, "back_brightness_score"::VARCHAR, "back_brightness_issue", "back_is_document_fully_visible"::VARCHAR, "back_resolution_score"::VARCHAR, "back_overall_score"::VARCHAR, "extra_fields"::VARCHAR, "mrz_type", "mrz_surname", "mrz_name", "mrz_country", "mrz_country_iso3", "mrz_nationality", "mrz_nationality_iso3", "mrz_birth_date", "mrz_expiry_date", "mrz_sex", "mrz_document_type", "mrz_document_number", "mrz_personal_number", "mrz_optional_data", "mrz_optional_data_2", "mrz_birth_date_hash", "mrz_expiry_date_hash", "mrz_document_number_hash", "mrz_final_hash", "mrz_string", "mrz_key", "mrz_warnings"::VARCHAR, "mrz_errors"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM id_verifications_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM id_verifications_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'nfc_verifications' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'chip_protocol', 'chip_document_type', 'chip_issuing_country', 'chip_issuing_country_iso3', 'chip_document_number', 'chip_expiration_date', 'chip_first_name', 'chip_last_name', 'chip_birth_date', 'chip_gender', 'chip_nationality', 'chip_nationality_iso3', 'chip_address', 'chip_place_of_birth', 'is_sod_intact', 'is_dg_intact', 'certificate_issuer', 'certificate_subject', 'certificate_serial_number', 'certificate_not_valid_before', 'certificate_not_valid_before_raw', 'certificate_not_valid_after', 'certificate_not_valid_after_raw', 'jpki', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "chip_protocol", "chip_document_type", "chip_issuing_country", "chip_issuing_country_iso3", "chip_document_number", "chip_expiration_date"::VARCHAR, "chip_first_name", "chip_last_name", "chip_birth_date"::VARCHAR, "chip_gender", "chip_nationality", "chip_nationality_iso3", "chip_address", "chip_place_of_birth", "is_sod_intact"::VARCHAR, "is_dg_intact"::VARCHAR, "certificate_issuer", "certificate_subject", "certificate_serial_number", strftime("certificate_not_valid_before" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "certificate_not_valid_before_raw", strftime("certificate_not_valid_after" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "certificate_not_valid_after_raw", "jpki"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM nfc_verifications_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM nfc_verifications_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'liveness_checks' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'method', 'score', 'age_estimation', 'face_quality', 'face_luminance', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "method", "score"::VARCHAR, "age_estimation"::VARCHAR, "face_quality"::VARCHAR, "face_luminance"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM liveness_checks_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM liveness_checks_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'face_matches' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'score', 'source_image_session_id', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "score"::VARCHAR, "source_image_session_id", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM face_matches_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM face_matches_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'poa_verifications' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'issuing_state', 'issuing_state_iso3', 'document_type', 'document_subtype', 'document_language', 'issuer', 'issue_date', 'expiration_date', 'poa_address', 'poa_formatted_address', 'parsed_address_type', 'parsed_street_1', 'parsed_street_2', 'parsed_city', 'parsed_region', 'parsed_country', 'parsed_country_iso3', 'parsed_postal_code', 'parsed_latitude', 'parsed_longitude', 'parsed_raw_results', 'name_on_document', 'name_match_score_expected_details', 'name_match_score_id_verification', 'expected_details_address', 'expected_details_formatted_address', 'expected_details_parsed_address', 'extra_fields', 'metadata_file_size', 'metadata_content_type', 'metadata_creation_date', 'metadata_modified_date', 'metadata_creator', 'metadata_producer', 'metadata_software', 'metadata_encryption', 'metadata_is_signed', 'metadata_is_tampered', 'metadata_signature_info', 'metadata_exif_original_date', 'metadata_exif_digitized_date', 'metadata_processed_by_known_editor', 'metadata_has_different_creation_mod_date', 'metadata_overlay_is_detected', 'metadata_overlay_is_analyzed', 'metadata_overlay_signals', 'metadata_overlay_regions', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "issuing_state", "issuing_state_iso3", "document_type", "document_subtype", "document_language", "issuer", "issue_date"::VARCHAR, "expiration_date"::VARCHAR, "poa_address", "poa_formatted_address", "parsed_address_type", "parsed_street_1", "parsed_street_2", "parsed_city", "parsed_region", "parsed_country", "parsed_country_iso3", "parsed_postal_code", "parsed_latitude"::VARCHAR, "parsed_longitude"::VARCHAR, "parsed_raw_results"::VARCHAR, "name_on_document", "name_match_score_expected_details"::VARCHAR, "name_match_score_id_verification"::VARCHAR, "expected_details_address", "expected_details_formatted_address", "expected_details_parsed_address"::VARCHAR, "extra_fields"::VARCHAR, "metadata_file_size"::VARCHAR, "metadata_content_type", "metadata_creation_date", "metadata_modified_date", "metadata_creator", "metadata_producer", "metadata_software", "metadata_encryption", "metadata_is_signed"::VARCHAR, "metadata_is_tampered"::VARCHAR, "metadata_signature_info"::VARCHAR, "metadata_exif_original_date", "metadata_exif_digitized_date", "metadata_processed_by_known_editor"::VARCHAR, "metadata_has_different_creation_mod_date"::VARCHAR, "metadata_overlay_is_detected"::VARCHAR, "metadata_overlay_is_analyzed"::VARCHAR, "metadata_overlay_signals"::VARCHAR, "metadata_overlay_regions"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM poa_verifications_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM poa_verifications_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'database_validations' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'issuing_state', 'issuing_state_iso3', 'validation_type', 'match_type', 'screened_data', 'errors', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "issuing_state", "issuing_state_iso3", "validation_type", "match_type", "screened_data"::VARCHAR, "errors"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM database_validations_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM database_validations_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'database_validation_sources' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['node_id', 'service_id', 'service_name', 'validation', 'outcome_code', 'outcome_detail', 'source_data', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal, item_ordinal) AS place,
            ["node_id", "service_id", "service_name", "validation"::VARCHAR, "outcome_code", "outcome_detail", "source_data"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM database_validation_sources_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM database_validation_sources_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'phone_verifications' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'phone_number_prefix', 'phone_number', 'full_number', 'country_code', 'country_code_iso3', 'country_name', 'carrier_name', 'carrier_type', 'is_disposable', 'is_virtual', 'verification_method', 'verification_attempts', 'verified_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "phone_number_prefix", "phone_number", "full_number", "country_code", "country_code_iso3", "country_name", "carrier_name", "carrier_type", "is_disposable"::VARCHAR, "is_virtual"::VARCHAR, "verification_method", "verification_attempts"::VARCHAR, strftime("verified_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM phone_verifications_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM phone_verifications_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'email_verifications' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'email', 'is_breached', 'is_disposable', 'is_undeliverable', 'breaches', 'verification_attempts', 'verified_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "email", "is_breached"::VARCHAR, "is_disposable"::VARCHAR, "is_undeliverable"::VARCHAR, "breaches"::VARCHAR, "verification_attempts"::VARCHAR, strftime("verified_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM email_verifications_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM email_verifications_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'contact_events' AS table_name, concat_ws('/', block, block_ordinal, item_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'event_type', 'occurred_at', 'event_status', 'reason', 'channel', 'actual_channel', 'fee', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block, block_ordinal, item_ordinal) AS place,
            ["node_id", "event_type", strftime("occurred_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "event_status", "reason", "channel", "actual_channel", "fee"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM contact_events_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM contact_events_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'ip_analyses' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'device_brand', 'device_model', 'browser_family', 'os_family', 'platform', 'device_fingerprint', 'ip_address', 'ip_country', 'ip_country_iso3', 'ip_country_code', 'ip_country_code_iso3', 'ip_state', 'ip_city', 'latitude', 'longitude', 'isp', 'organization', 'is_vpn_or_tor', 'is_data_center', 'time_zone', 'time_zone_offset', 'ip_latitude', 'ip_longitude', 'ip_to_id_document_km', 'ip_to_poa_document_km', 'id_document_latitude', 'id_document_longitude', 'id_document_to_ip_km', 'id_document_to_poa_document_km', 'poa_document_latitude', 'poa_document_longitude', 'poa_document_to_ip_km', 'poa_document_to_id_document_km', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "device_brand", "device_model", "browser_family", "os_family", "platform", "device_fingerprint", "ip_address", "ip_country", "ip_country_iso3", "ip_country_code", "ip_country_code_iso3", "ip_state", "ip_city", "latitude"::VARCHAR, "longitude"::VARCHAR, "isp", "organization", "is_vpn_or_tor"::VARCHAR, "is_data_center"::VARCHAR, "time_zone", "time_zone_offset", "ip_latitude"::VARCHAR, "ip_longitude"::VARCHAR, "ip_to_id_document_km"::VARCHAR, "ip_to_poa_document_km"::VARCHAR, "id_document_latitude"::VARCHAR, "id_document_longitude"::VARCHAR, "id_document_to_ip_km"::VARCHAR, "id_document_to_poa_document_km"::VARCHAR, "poa_document_latitude"::VARCHAR, "poa_document_longitude"::VARCHAR, "poa_document_to_ip_km"::VARCHAR, "poa_document_to_id_document_km"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM ip_analyses_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM ip_analyses_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'aml_screenings' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'total_hits', 'entity_type', 'score', 'screened_full_name', 'screened_nationality', 'screened_nationality_iso3', 'screened_date_of_birth', 'screened_document_number', 'is_ongoing_monitoring_enabled', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "total_hits"::VARCHAR, "entity_type", "score"::VARCHAR, "screened_full_name", "screened_nationality", "screened_nationality_iso3", "screened_date_of_birth"::VARCHAR, "screened_document_number", "is_ongoing_monitoring_enabled"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM aml_screenings_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM aml_screenings_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'aml_hits' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['node_id', 'url', 'caption', 'rca_name', 'is_match', 'is_target', 'score', 'score_raw', 'match_score', 'risk_score', 'review_status', 'datasets', 'features', 'first_seen', 'first_seen_raw', 'last_seen', 'last_seen_raw', 'risk_crimes_score', 'risk_crimes_weightage', 'risk_crimes_level', 'risk_crimes_scores', 'risk_countries_score', 'risk_countries_weightage', 'risk_countries_level', 'risk_countries_scores', 'risk_categories_score', 'risk_categories_weightage', 'risk_categories_level', 'risk_categories_scores', 'risk_custom_list', 'property_name', 'property_alias', 'property_notes', 'property_gender', 'property_last_name', 'property_first_name', 'property_birth_date', 'property_birth_place', 'property_education', 'property_title', 'property_height', 'property_topics', 'property_weight', 'property_address', 'property_country', 'property_website', 'property_eye_color', 'property_keywords', 'property_position', 'property_religion', 'property_ethnicity', 'property_hair_color', 'property_weak_alias', 'property_modified_at', 'property_wikidata_id', 'property_citizenship', 'property_nationality', 'name_score', 'name_weight', 'name_weight_normalized', 'name_contribution', 'dob_score', 'dob_weight', 'dob_weight_normalized', 'dob_contribution', 'country_score', 'country_weight', 'country_weight_normalized', 'country_contribution', 'document_number_match_type', 'document_number_effect', 'total_score', 'adverse_media_sentiment', 'adverse_media_sentiment_score', 'adverse_media_entity_type', 'adverse_media_keywords', 'linked_entities', 'additional_information', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal, item_ordinal) AS place,
            ["node_id", "url", "caption", "rca_name", "is_match"::VARCHAR, "is_target"::VARCHAR, "score"::VARCHAR, "score_raw"::VARCHAR, "match_score"::VARCHAR, "risk_score"::VARCHAR, "review_status", "datasets"::VARCHAR, "features"::VARCHAR, strftime("first_seen" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "first_seen_raw", strftime("last_seen" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "last_seen_raw", "risk_crimes_score"::VARCHAR, "risk_crimes_weightage"::VARCHAR, "risk_crimes_level", "risk_crimes_scores"::VARCHAR, "risk_countries_score"::VARCHAR, "risk_countries_weightage"::VARCHAR, "risk_countries_level", "risk_countries_scores"::VARCHAR, "risk_categories_score"::VARCHAR, "risk_categories_weightage"::VARCHAR, "risk_categories_level", "risk_categories_scores"::VARCHAR, "risk_custom_list"::VARCHAR, "property_name"::VARCHAR, "property_alias"::VARCHAR, "property_notes"::VARCHAR, "property_gender"::VARCHAR, "property_last_name"::VARCHAR, "property_first_name"::VARCHAR, "property_birth_date"::VARCHAR, "property_birth_place"::VARCHAR, "property_education"::VARCHAR, "property_title"::VARCHAR, "property_height"::VARCHAR, "property_topics"::VARCHAR, "property_weight"::VARCHAR, "property_address"::VARCHAR, "property_country"::VARCHAR, "property_website"::VARCHAR, "property_eye_color"::VARCHAR, "property_keywords"::VARCHAR, "property_position"::VARCHAR, "property_religion"::VARCHAR, "property_ethnicity"::VARCHAR, "property_hair_color"::VARCHAR, "property_weak_alias"::VARCHAR, "property_modified_at"::VARCHAR, "property_wikidata_id"::VARCHAR, "property_citizenship"::VARCHAR, "property_nationality"::VARCHAR, "name_score"::VARCHAR, "name_weight"::VARCHAR, "name_weight_normalized"::VARCHAR, "name_contribution"::VARCHAR, "dob_score"::VARCHAR, "dob_weight"::VARCHAR, "dob_weight_normalized"::VARCHAR, "dob_contribution"::VARCHAR, "country_score"::VARCHAR, "country_weight"::VARCHAR, "country_weight_normalized"::VARCHAR, "country_contribution"::VARCHAR, "document_number_match_type", "document_number_effect", "total_score"::VARCHAR, "adverse_media_sentiment", "adverse_media_sentiment_score"::VARCHAR, "adverse_media_entity_type", "adverse_media_keywords"::VARCHAR, "linked_entities"::VARCHAR, "additional_information"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM aml_hits_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM aml_hits_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'aml_matches' AS table_name, coalesce(row_key, concat_ws('/', match_kind, block_ordinal, item_ordinal, match_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['hit_id', 'node_id', 'matched_name', 'list_name', 'description', 'publisher', 'source_url', 'other_sources', 'pep_position', 'date_of_birth', 'place_of_birth', 'aliases', 'education', 'reason', 'details', 'legal_basis', 'listed_on', 'updated_on', 'sanction_list', 'sanction_program', 'sanctioning_authority', 'additional_data', 'countries', 'entry_created_at', 'entry_updated_at', 'country', 'country_iso3', 'headline', 'summary', 'thumbnail', 'author_name', 'sentiment', 'sentiment_score', 'adverse_keywords', 'publication_date', 'publication_date_raw', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', match_kind, block_ordinal, item_ordinal, match_ordinal) AS place,
            ["hit_id", "node_id", "matched_name", "list_name"::VARCHAR, "description", "publisher", "source_url", "other_sources"::VARCHAR, "pep_position", "date_of_birth", "place_of_birth", "aliases"::VARCHAR, "education"::VARCHAR, "reason", "details"::VARCHAR, "legal_basis"::VARCHAR, "listed_on"::VARCHAR, "updated_on"::VARCHAR, "sanction_list"::VARCHAR, "sanction_program"::VARCHAR, "sanctioning_authority"::VARCHAR, "additional_data"::VARCHAR, "countries"::VARCHAR, "entry_created_at", "entry_updated_at", "country", "country_iso3", "headline", "summary", "thumbnail", "author_name", "sentiment", "sentiment_score"::VARCHAR, "adverse_keywords"::VARCHAR, strftime("publication_date" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "publication_date_raw", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM aml_matches_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM aml_matches_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'questionnaires' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'questionnaire_id', 'questionnaire_group_id', 'version', 'title', 'title_json', 'description', 'description_json', 'languages', 'default_language', 'is_active', 'is_simple_questionnaire', 'published_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "questionnaire_id", "questionnaire_group_id", "version"::VARCHAR, "title", "title_json"::VARCHAR, "description", "description_json"::VARCHAR, "languages"::VARCHAR, "default_language", "is_active"::VARCHAR, "is_simple_questionnaire"::VARCHAR, strftime("published_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM questionnaires_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM questionnaires_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'questionnaire_answers' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal, section_ordinal, answer_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['node_id', 'questionnaire_id', 'section_title', 'section_title_json', 'section_description', 'section_description_json', 'item_uuid', 'item_value', 'element_type', 'title', 'title_json', 'description', 'description_json', 'placeholder', 'placeholder_json', 'is_required', 'choices', 'max_files', 'answer_value', 'answer_text', 'answer_json', 'required_if', 'repeatable_config', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal, section_ordinal, answer_ordinal) AS place,
            ["node_id", "questionnaire_id", "section_title", "section_title_json"::VARCHAR, "section_description", "section_description_json"::VARCHAR, "item_uuid", "item_value", "element_type", "title", "title_json"::VARCHAR, "description", "description_json"::VARCHAR, "placeholder", "placeholder_json"::VARCHAR, "is_required"::VARCHAR, "choices"::VARCHAR, "max_files"::VARCHAR, "answer_value"::VARCHAR, "answer_text", "answer_json"::VARCHAR, "required_if"::VARCHAR, "repeatable_config"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM questionnaire_answers_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM questionnaire_answers_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'document_ai_documents' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['block_node_id', 'block_status', 'block_status_raw', 'node_id', 'status', 'status_raw', 'document_key', 'original_filename', 'file_size', 'extracted_data', 'document_metadata', 'cross_check_result', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal, item_ordinal) AS place,
            ["block_node_id", "block_status", "block_status_raw", "node_id", "status", "status_raw", "document_key", "original_filename", "file_size"::VARCHAR, "extracted_data"::VARCHAR, "document_metadata"::VARCHAR, "cross_check_result"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM document_ai_documents_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM document_ai_documents_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'document_ai_fields' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal, item_ordinal, field_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['document_uuid', 'document_key', 'name', 'instruction', 'field_type', 'is_required', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal, item_ordinal, field_ordinal) AS place,
            ["document_uuid", "document_key", "name", "instruction", "field_type", "is_required"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM document_ai_fields_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM document_ai_fields_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'registry_companies' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'data_resolved', 'ownership_structure', 'company_node_id', 'company_status', 'company_status_raw', 'registry_status', 'company_data_resolved', 'company_name', 'registration_number', 'country_code', 'country_code_iso3', 'region', 'company_type', 'incorporation_date', 'registered_address', 'tax_number', 'risk_level', 'verification_status', 'is_from_registry', 'fetch_status', 'alternative_names', 'nature_of_business', 'registered_capital', 'registered_capital_amount', 'registered_capital_amount_raw', 'registered_capital_currency', 'website', 'email', 'phone', 'legal_entity_identifier', 'location_of_registration', 'vat_number', 'vat_validation_status', 'vat_validated_name', 'vat_validated_address', 'vat_checked_at', 'financial_summary', 'addresses', 'industries', 'accounts', 'registry_data', 'user_provided_data', 'confirmed_by_user_at', 'last_console_edit_at', 'is_editable', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "data_resolved"::VARCHAR, "ownership_structure"::VARCHAR, "company_node_id", "company_status", "company_status_raw", "registry_status", "company_data_resolved"::VARCHAR, "company_name", "registration_number", "country_code", "country_code_iso3", "region", "company_type", "incorporation_date"::VARCHAR, "registered_address", "tax_number", "risk_level", "verification_status", "is_from_registry"::VARCHAR, "fetch_status", "alternative_names"::VARCHAR, "nature_of_business", "registered_capital", "registered_capital_amount"::VARCHAR, "registered_capital_amount_raw", "registered_capital_currency", "website", "email", "phone", "legal_entity_identifier", "location_of_registration", "vat_number", "vat_validation_status", "vat_validated_name", "vat_validated_address", strftime("vat_checked_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "financial_summary"::VARCHAR, "addresses"::VARCHAR, "industries"::VARCHAR, "accounts"::VARCHAR, "registry_data"::VARCHAR, "user_provided_data"::VARCHAR, strftime("confirmed_by_user_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), strftime("last_console_edit_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "is_editable"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM registry_companies_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM registry_companies_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'company_officers' AS table_name, coalesce(row_key, concat_ws('/', block, block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['block_node_id', 'name', 'designation', 'role', 'nationality', 'nationality_iso3', 'address', 'appointment_date', 'termination_date', 'is_active', 'didit_internal_id', 'aml_status', 'aml_status_raw', 'kyc_status', 'kyc_status_raw', 'kyc_session_id', 'kyc_document_type', 'kyc_nationality', 'kyc_nationality_iso3', 'kyc_liveness_passed', 'kyc_verified_at', 'kyc_aml_sanctions', 'kyc_aml_pep', 'kyc_aml_adverse_media', 'kyc_aml_warnings', 'kyc_notification_sent_at', 'verification_workflow_id', 'verification_workflow_label', 'verification_workflow_type', 'verification_workflow_features', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block, block_ordinal, item_ordinal) AS place,
            ["block_node_id", "name", "designation", "role", "nationality", "nationality_iso3", "address", "appointment_date"::VARCHAR, "termination_date"::VARCHAR, "is_active"::VARCHAR, "didit_internal_id", "aml_status", "aml_status_raw", "kyc_status", "kyc_status_raw", "kyc_session_id", "kyc_document_type", "kyc_nationality", "kyc_nationality_iso3", "kyc_liveness_passed"::VARCHAR, strftime("kyc_verified_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "kyc_aml_sanctions", "kyc_aml_pep", "kyc_aml_adverse_media", "kyc_aml_warnings", "kyc_notification_sent_at", "verification_workflow_id", "verification_workflow_label", "verification_workflow_type", "verification_workflow_features"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM company_officers_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM company_officers_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'company_owners' AS table_name, coalesce(row_key, concat_ws('/', block, block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['block_node_id', 'name', 'first_name', 'last_name', 'entity_type', 'roles', 'ownership_min_shares', 'ownership_max_shares', 'effective_ownership_percent', 'is_active', 'date_of_birth', 'country_of_birth', 'country_of_birth_iso3', 'email', 'company_name', 'registration_number', 'nationality', 'nationality_iso3', 'designation', 'child_beneficial_owners', 'didit_internal_id', 'aml_status', 'aml_status_raw', 'kyc_status', 'kyc_status_raw', 'kyc_session_id', 'kyc_document_type', 'kyc_nationality', 'kyc_nationality_iso3', 'kyc_liveness_passed', 'kyc_verified_at', 'kyc_aml_sanctions', 'kyc_aml_pep', 'kyc_aml_adverse_media', 'kyc_aml_warnings', 'kyc_notification_sent_at', 'verification_workflow_id', 'verification_workflow_label', 'verification_workflow_type', 'verification_workflow_features', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block, block_ordinal, item_ordinal) AS place,
            ["block_node_id", "name", "first_name", "last_name", "entity_type", "roles"::VARCHAR, "ownership_min_shares", "ownership_max_shares", "effective_ownership_percent"::VARCHAR, "is_active"::VARCHAR, "date_of_birth"::VARCHAR, "country_of_birth", "country_of_birth_iso3", "email", "company_name", "registration_number", "nationality", "nationality_iso3", "designation", "child_beneficial_owners"::VARCHAR, "didit_internal_id", "aml_status", "aml_status_raw", "kyc_status", "kyc_status_raw", "kyc_session_id", "kyc_document_type", "kyc_nationality", "kyc_nationality_iso3", "kyc_liveness_passed"::VARCHAR, strftime("kyc_verified_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "kyc_aml_sanctions", "kyc_aml_pep", "kyc_aml_adverse_media", "kyc_aml_warnings", "kyc_notification_sent_at", "verification_workflow_id", "verification_workflow_label", "verification_workflow_type", "verification_workflow_features"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM company_owners_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM company_owners_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'key_people_checks' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'ubo_total', 'ubo_approved', 'ubo_flagged', 'ubo_pending', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "ubo_total"::VARCHAR, "ubo_approved"::VARCHAR, "ubo_flagged"::VARCHAR, "ubo_pending"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM key_people_checks_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM key_people_checks_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'key_people' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['block_node_id', 'entity_type', 'source', 'name', 'first_name', 'last_name', 'company_name', 'registration_number', 'email', 'phone_number', 'nationality', 'nationality_iso3', 'date_of_birth', 'position', 'roles', 'custom_fields', 'is_active', 'is_skipped', 'requires_verification', 'didit_internal_id', 'kyc_session_id', 'kyc_session_status', 'kyc_session_status_raw', 'kyb_sub_session_id', 'kyb_sub_session_status', 'kyb_sub_session_status_raw', 'verification_workflow_id', 'verification_workflow_label', 'verification_workflow_type', 'verification_workflow_features', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal, item_ordinal) AS place,
            ["block_node_id", "entity_type", "source", "name", "first_name", "last_name", "company_name", "registration_number", "email", "phone_number", "nationality", "nationality_iso3", "date_of_birth"::VARCHAR, "position", "roles"::VARCHAR, "custom_fields"::VARCHAR, "is_active"::VARCHAR, "is_skipped"::VARCHAR, "requires_verification"::VARCHAR, "didit_internal_id", "kyc_session_id", "kyc_session_status", "kyc_session_status_raw", "kyb_sub_session_id", "kyb_sub_session_status", "kyb_sub_session_status_raw", "verification_workflow_id", "verification_workflow_label", "verification_workflow_type", "verification_workflow_features"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM key_people_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM key_people_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'kyb_document_checks' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'groups', 'required_groups', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["node_id", "status", "status_raw", "groups"::VARCHAR, "required_groups"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM kyb_document_checks_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM kyb_document_checks_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'kyb_documents' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal, item_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['node_id', 'status', 'status_raw', 'document_type', 'document_group', 'document_subtype', 'description', 'original_filename', 'file_size', 'is_requested', 'is_console_upload', 'is_confirmed', 'created_at', 'cross_check_result', 'ocr_data', 'metadata_file_size', 'metadata_content_type', 'metadata_creation_date', 'metadata_modified_date', 'metadata_creator', 'metadata_producer', 'metadata_software', 'metadata_encryption', 'metadata_is_signed', 'metadata_is_tampered', 'metadata_signature_info', 'metadata_exif_original_date', 'metadata_exif_digitized_date', 'metadata_processed_by_known_editor', 'metadata_has_different_creation_mod_date', 'metadata_overlay_is_detected', 'metadata_overlay_is_analyzed', 'metadata_overlay_signals', 'metadata_overlay_regions', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal, item_ordinal) AS place,
            ["node_id", "status", "status_raw", "document_type", "document_group", "document_subtype", "description", "original_filename", "file_size"::VARCHAR, "is_requested"::VARCHAR, "is_console_upload"::VARCHAR, "is_confirmed"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "cross_check_result"::VARCHAR, "ocr_data"::VARCHAR, "metadata_file_size"::VARCHAR, "metadata_content_type", "metadata_creation_date", "metadata_modified_date", "metadata_creator", "metadata_producer", "metadata_software", "metadata_encryption", "metadata_is_signed"::VARCHAR, "metadata_is_tampered"::VARCHAR, "metadata_signature_info"::VARCHAR, "metadata_exif_original_date", "metadata_exif_digitized_date", "metadata_processed_by_known_editor"::VARCHAR, "metadata_has_different_creation_mod_date"::VARCHAR, "metadata_overlay_is_detected"::VARCHAR, "metadata_overlay_is_analyzed"::VARCHAR, "metadata_overlay_signals"::VARCHAR, "metadata_overlay_regions"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM kyb_documents_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM kyb_documents_versions AS v
            WHERE EXISTS (FROM sessions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'activity_feeds' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['extra_json'] AS names
    FROM (
        SELECT *, '' AS place,
            ["extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM activity_feeds_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM activity_feeds_versions AS v
            WHERE EXISTS (FROM activity_feeds_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'session' AS entity, session_id AS entity_id, 'activity' AS table_name, coalesce(activity_id, concat_ws('/', block_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['activity_type', 'actor_display', 'actor_email', 'actor_type', 'previous_status', 'previous_status_raw', 'new_status', 'new_status_raw', 'comment', 'previous_value', 'new_value', 'changed_fields', 'mentioned_emails', 'metadata', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["activity_type", "actor_display", "actor_email", "actor_type", "previous_status", "previous_status_raw", "new_status", "new_status_raw", "comment", "previous_value"::VARCHAR, "new_value"::VARCHAR, "changed_fields"::VARCHAR, "mentioned_emails"::VARCHAR, "metadata"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM activity_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM activity_versions AS v
            WHERE EXISTS (FROM activity_feeds_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, session_id AS session_id, 'pdf_report' AS entity, session_id AS entity_id, 'pdf_reports' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['session_kind', 'status', 'outcome', 'reason', 'sha256', 'bytes', 'object'] AS names
    FROM (
        SELECT *, '' AS place,
            ["session_kind", "status", "outcome", "reason", "sha256", "bytes"::VARCHAR, "object"] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM pdf_reports_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM pdf_reports_versions AS v
            WHERE EXISTS (FROM pdf_reports_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.session_version_seq = v.session_version_seq AND o.session_id = v.session_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'user' AS entity, user_id AS entity_id, 'users' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['vendor_data', 'vendor_data_key', 'display_name', 'full_name', 'effective_name', 'date_of_birth', 'status', 'status_raw', 'session_count', 'approved_count', 'declined_count', 'in_review_count', 'features', 'first_session_at', 'last_session_at', 'metadata', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, '' AS place,
            ["vendor_data", "vendor_data_key", "display_name", "full_name", "effective_name", "date_of_birth"::VARCHAR, "status", "status_raw", "session_count"::VARCHAR, "approved_count"::VARCHAR, "declined_count"::VARCHAR, "in_review_count"::VARCHAR, "features"::VARCHAR, strftime("first_session_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), strftime("last_session_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "metadata"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM users_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM users_versions AS v
            WHERE EXISTS (FROM users_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.user_id = v.user_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'user' AS entity, user_id AS entity_id, 'user_features_reported' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['feature', 'feature_raw', 'status', 'status_raw', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["feature", "feature_raw", "status", "status_raw", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM user_features_reported_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM user_features_reported_versions AS v
            WHERE EXISTS (FROM users_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.user_id = v.user_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'user' AS entity, user_id AS entity_id, 'user_contacts' AS table_name, concat_ws('/', kind, block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['contact'] AS names
    FROM (
        SELECT *, concat_ws('/', kind, block_ordinal) AS place,
            ["contact"] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM user_contacts_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM user_contacts_versions AS v
            WHERE EXISTS (FROM users_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.user_id = v.user_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'user' AS entity, user_id AS entity_id, 'user_issuing_states' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['issuing_state', 'issuing_state_iso3'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["issuing_state", "issuing_state_iso3"] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM user_issuing_states_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM user_issuing_states_versions AS v
            WHERE EXISTS (FROM users_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.user_id = v.user_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'user' AS entity, user_id AS entity_id, 'user_comments' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['comment_id', 'comment_type', 'comment', 'actor_name', 'actor_email', 'previous_status', 'previous_status_raw', 'new_status', 'new_status_raw', 'previous_value', 'new_value', 'changed_fields', 'mentioned_emails', 'metadata', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["comment_id", "comment_type", "comment", "actor_name", "actor_email", "previous_status", "previous_status_raw", "new_status", "new_status_raw", "previous_value"::VARCHAR, "new_value"::VARCHAR, "changed_fields"::VARCHAR, "mentioned_emails"::VARCHAR, "metadata"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM user_comments_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM user_comments_versions AS v
            WHERE EXISTS (FROM users_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.user_id = v.user_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'user' AS entity, user_id AS entity_id, 'user_tags' AS table_name, coalesce(row_key, concat_ws('/', block_ordinal)) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells ORDER BY place) FILTER (NOT is_new) AS olds, list(cells ORDER BY place) FILTER (is_new) AS news,
        ['source', 'tag_id', 'name', 'color', 'description', 'tag_source', 'tag_created_at', 'tag_updated_at', 'added_by_name', 'added_by_email', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["source", "tag_id", "name", "color", "description", "tag_source", strftime("tag_created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), strftime("tag_updated_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "added_by_name", "added_by_email", strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM user_tags_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM user_tags_versions AS v
            WHERE EXISTS (FROM users_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.user_id = v.user_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'busines' AS entity, business_id AS entity_id, 'businesses' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['vendor_data', 'vendor_data_key', 'display_name', 'legal_name', 'effective_name', 'registration_number', 'country_code', 'country_code_iso3', 'status', 'status_raw', 'session_count', 'approved_count', 'declined_count', 'in_review_count', 'features', 'first_session_at', 'last_session_at', 'metadata', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, '' AS place,
            ["vendor_data", "vendor_data_key", "display_name", "legal_name", "effective_name", "registration_number", "country_code", "country_code_iso3", "status", "status_raw", "session_count"::VARCHAR, "approved_count"::VARCHAR, "declined_count"::VARCHAR, "in_review_count"::VARCHAR, "features"::VARCHAR, strftime("first_session_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), strftime("last_session_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "metadata"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM businesses_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM businesses_versions AS v
            WHERE EXISTS (FROM businesses_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.business_id = v.business_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'busines' AS entity, business_id AS entity_id, 'business_features_reported' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['feature', 'feature_raw', 'status', 'status_raw', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["feature", "feature_raw", "status", "status_raw", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM business_features_reported_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM business_features_reported_versions AS v
            WHERE EXISTS (FROM businesses_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.business_id = v.business_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'busines' AS entity, business_id AS entity_id, 'business_tags' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['tag_id', 'name', 'color', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["tag_id", "name", "color", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM business_tags_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM business_tags_versions AS v
            WHERE EXISTS (FROM businesses_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.business_id = v.business_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'transaction' AS entity, transaction_id AS entity_id, 'transactions' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['transaction_number', 'txn_id', 'transaction_type', 'action_type', 'status', 'status_raw', 'direction', 'environment', 'amount', 'currency', 'currency_type', 'preferred_currency_amount', 'preferred_currency_code', 'amount_in_default_currency', 'default_currency_code', 'payment_details', 'payment_txn_id', 'score', 'severity', 'decision_reason_code', 'decision_reason_label', 'assigned_to_name', 'vendor_data', 'vendor_data_key', 'subject_name', 'subject_vendor_data', 'subject_vendor_data_key', 'subject_country', 'subject_country_iso3', 'counterparty_name', 'counterparty_vendor_data', 'counterparty_vendor_data_key', 'counterparty_country', 'counterparty_country_iso3', 'zone_id', 'tags', 'payment_methods', 'activities', 'travel_rule', 'network_snapshot', 'cost_breakdown', 'metadata', 'props', 'remediation_session_id', 'remediation_status', 'remediation_status_raw', 'action_required_type', 'action_required_session_id', 'action_required_status', 'action_required_status_raw', 'action_required_widget_session_id', 'action_required_expires_at', 'txn_date', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, '' AS place,
            ["transaction_number"::VARCHAR, "txn_id", "transaction_type", "action_type", "status", "status_raw", "direction", "environment", "amount"::VARCHAR, "currency", "currency_type", "preferred_currency_amount"::VARCHAR, "preferred_currency_code", "amount_in_default_currency"::VARCHAR, "default_currency_code", "payment_details", "payment_txn_id", "score"::VARCHAR, "severity", "decision_reason_code", "decision_reason_label", "assigned_to_name", "vendor_data", "vendor_data_key", "subject_name", "subject_vendor_data", "subject_vendor_data_key", "subject_country", "subject_country_iso3", "counterparty_name", "counterparty_vendor_data", "counterparty_vendor_data_key", "counterparty_country", "counterparty_country_iso3", "zone_id", "tags"::VARCHAR, "payment_methods"::VARCHAR, "activities"::VARCHAR, "travel_rule"::VARCHAR, "network_snapshot"::VARCHAR, "cost_breakdown"::VARCHAR, "metadata"::VARCHAR, "props"::VARCHAR, "remediation_session_id", "remediation_status", "remediation_status_raw", "action_required_type", "action_required_session_id", "action_required_status", "action_required_status_raw", "action_required_widget_session_id", strftime("action_required_expires_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), strftime("txn_date" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM transactions_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM transactions_versions AS v
            WHERE EXISTS (FROM transactions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.transaction_id = v.transaction_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'transaction' AS entity, transaction_id AS entity_id, 'transaction_parties' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['party_id', 'role', 'kind', 'entity_type', 'vendor_data', 'vendor_data_key', 'full_name', 'first_name', 'last_name', 'date_of_birth', 'country_code', 'country_code_iso3', 'address', 'device', 'institution_info', 'external_party_snapshot', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["party_id", "role", "kind", "entity_type", "vendor_data", "vendor_data_key", "full_name", "first_name", "last_name", "date_of_birth"::VARCHAR, "country_code", "country_code_iso3", "address"::VARCHAR, "device"::VARCHAR, "institution_info"::VARCHAR, "external_party_snapshot"::VARCHAR, "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM transaction_parties_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM transaction_parties_versions AS v
            WHERE EXISTS (FROM transactions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.transaction_id = v.transaction_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'transaction' AS entity, transaction_id AS entity_id, 'transaction_rules' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['rule_run_id', 'rule_id', 'rule_title', 'rule_description', 'rule_category', 'mode', 'is_test', 'is_matched', 'severity', 'score_delta', 'status_target', 'status_target_raw', 'action_summary', 'metadata', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["rule_run_id", "rule_id", "rule_title", "rule_description", "rule_category", "mode", "is_test"::VARCHAR, "is_matched"::VARCHAR, "severity", "score_delta"::VARCHAR, "status_target", "status_target_raw", "action_summary"::VARCHAR, "metadata"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM transaction_rules_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM transaction_rules_versions AS v
            WHERE EXISTS (FROM transactions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.transaction_id = v.transaction_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'transaction' AS entity, transaction_id AS entity_id, 'transaction_alerts' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['alert_id', 'title', 'description', 'source', 'severity', 'status', 'status_raw', 'due_at', 'metadata', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["alert_id", "title", "description", "source", "severity", "status", "status_raw", strftime("due_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "metadata"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM transaction_alerts_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM transaction_alerts_versions AS v
            WHERE EXISTS (FROM transactions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.transaction_id = v.transaction_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'transaction' AS entity, transaction_id AS entity_id, 'transaction_results' AS table_name, concat_ws('/', block_ordinal) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['result_id', 'provider', 'result_type', 'status', 'score', 'severity', 'summary', 'payload', 'created_at', 'extra_json'] AS names
    FROM (
        SELECT *, concat_ws('/', block_ordinal) AS place,
            ["result_id", "provider", "result_type", "status", "score"::VARCHAR, "severity", "summary", "payload"::VARCHAR, strftime("created_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM transaction_results_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM transaction_results_versions AS v
            WHERE EXISTS (FROM transactions_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.transaction_id = v.transaction_id)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT application AS application, NULL::VARCHAR AS session_id, 'workflow' AS entity, uuid AS entity_id, 'workflows' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['workflow_id', 'workflow_label', 'workflow_type', 'version', 'status', 'is_default', 'is_archived', 'is_editable', 'has_draft', 'is_simple_workflow', 'is_white_label_enabled', 'features', 'total_price', 'min_price', 'max_price', 'max_retry_attempts', 'retry_window_days', 'session_expiration_time', 'workflow_url', 'updated_at', 'created_by_type', 'created_by_name', 'created_by_email', 'extra_json'] AS names
    FROM (
        SELECT *, '' AS place,
            ["workflow_id", "workflow_label", "workflow_type", "version"::VARCHAR, "status", "is_default"::VARCHAR, "is_archived"::VARCHAR, "is_editable"::VARCHAR, "has_draft"::VARCHAR, "is_simple_workflow"::VARCHAR, "is_white_label_enabled"::VARCHAR, "features", "total_price"::VARCHAR, "min_price"::VARCHAR, "max_price"::VARCHAR, "max_retry_attempts"::VARCHAR, "retry_window_days"::VARCHAR, "session_expiration_time"::VARCHAR, "workflow_url", strftime("updated_at" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), "created_by_type", "created_by_name", "created_by_email", "extra_json"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM workflows_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM workflows_versions AS v
            WHERE EXISTS (FROM workflows_replaced AS o WHERE o.next_seq = v.version_seq AND o.application = v.application AND o.uuid = v.uuid)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT NULL::VARCHAR AS application, NULL::VARCHAR AS session_id, 'reference' AS entity, kind AS entity_id, 'reference_files' AS table_name, '' AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['rows', 'as_of'] AS names
    FROM (
        SELECT *, '' AS place,
            ["rows"::VARCHAR, "as_of"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM reference_files_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM reference_files_versions AS v
            WHERE EXISTS (FROM reference_files_replaced AS o WHERE o.next_seq = v.version_seq AND o.kind = v.kind)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT NULL::VARCHAR AS application, NULL::VARCHAR AS session_id, 'reference' AS entity, kind AS entity_id, 'firm_customers' AS table_name, concat_ws('/', line) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['vendor_data', 'vendor_data_key', 'legal_entity', 'risk_rating', 'relationship_start', 'relationship_end', 'product'] AS names
    FROM (
        SELECT *, concat_ws('/', line) AS place,
            ["vendor_data", "vendor_data_key", "legal_entity", "risk_rating", "relationship_start"::VARCHAR, "relationship_end"::VARCHAR, "product"] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM firm_customers_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM firm_customers_versions AS v
            WHERE EXISTS (FROM reference_files_replaced AS o WHERE o.next_seq = v.version_seq AND o.kind = v.kind)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
    UNION ALL
    SELECT NULL::VARCHAR AS application, NULL::VARCHAR AS session_id, 'reference' AS entity, kind AS entity_id, 'country_lists' AS table_name, concat_ws('/', line) AS row_id,
        seq AS version_seq, max(seen_at) AS observed_at, list(cells) FILTER (NOT is_new) AS olds, list(cells) FILTER (is_new) AS news,
        ['country', 'country_iso3', 'list', 'valid_from', 'valid_to'] AS names
    FROM (
        SELECT *, concat_ws('/', line) AS place,
            ["country", "country_iso3", "list", "valid_from"::VARCHAR, "valid_to"::VARCHAR] AS cells
        FROM (
            SELECT next_seq AS seq, NULL::TIMESTAMPTZ AS seen_at, false AS is_new, * FROM country_lists_versions WHERE next_seq IS NOT NULL
            UNION ALL
            SELECT version_seq, observed_at, true, * FROM country_lists_versions AS v
            WHERE EXISTS (FROM reference_files_replaced AS o WHERE o.next_seq = v.version_seq AND o.kind = v.kind)
        )
    )
    GROUP BY ALL
    HAVING olds IS DISTINCT FROM news
),
fields AS NOT MATERIALIZED (
    SELECT * EXCLUDE (olds, news), olds[i] AS old, news[i] AS new
    FROM (SELECT *, unnest(range(1, greatest(coalesce(len(olds), 0), coalesce(len(news), 0)) + 1)) AS i FROM pairs)
)
SELECT application, session_id, entity, entity_id, table_name, row_id, version_seq, observed_at,
    CASE WHEN old IS NULL THEN 'added' WHEN new IS NULL THEN 'removed' ELSE 'changed' END AS change,
    names[k] AS column_name, old[k] AS old_value, new[k] AS new_value
FROM (SELECT *, unnest([n FOR n IN range(1, len(names) + 1) IF old[n] IS DISTINCT FROM new[n]]) AS k FROM fields)
