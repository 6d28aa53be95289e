-- One row: a verification of the subject, as it is known, of any environment and however it came about.
--
-- A session that the vendor has deleted is here with its last known values: see upstream_state.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column session_number sessions.session_number
-- column environment sessions.environment
-- column origin sessions.origin
-- column created_at sessions.created_at
-- column status sessions.status
-- column vendor_data sessions.vendor_data
-- column user_id sessions.didit_internal_id
-- column full_name sessions.full_name
-- column document_type sessions.document_type
-- column country sessions.country_iso3
-- column workflow_id sessions.workflow_id
-- column workflow_label sessions.workflow_label
-- column workflow_version sessions.workflow_version
-- column expires_at sessions.expires_at
-- column upstream_state sessions.upstream_state
-- column upstream_gone_at sessions.upstream_gone_at
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
SELECT
    s.application,
    s.session_id,
    s.session_number,
    s.environment,
    s.origin,
    s.created_at,
    s.status,
    s.vendor_data,
    s.didit_internal_id AS user_id,
    s.full_name,
    s.document_type,
    s.country_iso3 AS country,
    s.workflow_id,
    s.workflow_label,
    s.workflow_version,
    s.expires_at,
    s.upstream_state,
    s.upstream_gone_at,
    s.version_seq,
    s.observed_at
FROM sessions AS s
SEMI JOIN evidence_sessions AS e
    ON e.application = s.application
    AND e.session_id = s.session_id
ORDER BY s.application, s.session_id
