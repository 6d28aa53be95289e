-- One row: a live session of a user.
--
-- nth counts a user's sessions from the most recent one; a user is an application's vendor_data without regard to case.
-- Sessions without vendor_data belong to nobody and are not here.
--
-- question: Which sessions does a user have, most recent first?
-- column nth internal: 1 for the user's most recent session
-- column of_sessions internal: how many the user has
-- column approved_at internal: see approvals; null where it is not approved
-- example: SELECT nth, created_at, status FROM user_sessions WHERE vendor_data_key = 'customer-4711' ORDER BY nth
CREATE OR REPLACE VIEW user_sessions AS
SELECT
    s.application,
    s.vendor_data_key,
    row_number() OVER newest AS nth,
    count(*) OVER (PARTITION BY s.application, s.vendor_data_key) AS of_sessions,
    s.vendor_data,
    s.session_id,
    s.session_number,
    s.created_at,
    s.status,
    a.approved_at,
    s.expires_at,
    s.workflow_label,
    s.origin,
    s.upstream_state
FROM live_sessions AS s
LEFT JOIN approvals AS a
    ON a.application = s.application
    AND a.session_id = s.session_id
WHERE s.vendor_data_key IS NOT NULL
WINDOW newest AS (PARTITION BY s.application, s.vendor_data_key ORDER BY s.created_at DESC NULLS LAST, s.session_number DESC NULLS LAST, s.session_id DESC)
