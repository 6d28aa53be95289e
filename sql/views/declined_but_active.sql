-- One row: a user whose most recent session is declined and who is nevertheless active or approved elsewhere.
--
-- Active is what the vendor says of the user. Approved elsewhere: another session of the same vendor_data, in this or
-- another application, is Approved.
--
-- question: Which users were declined last and are still active, or approved elsewhere?
-- column declined_session_id pii: the most recent one, which is declined
-- column declined_created_at internal: when that session was created
-- column vendor_user_status internal: ACTIVE, FLAGGED or BLOCKED; null: the vendor has no such user
-- column approved_sessions internal: sessions of this vendor_data that are Approved, in all applications
-- column approved_session_id pii: the latest of them
-- column approved_application internal: of that session
-- column why internal: active, approved, or both
-- example: SELECT vendor_data, why FROM declined_but_active ORDER BY declined_created_at DESC
CREATE OR REPLACE VIEW declined_but_active AS
WITH declined AS (
    SELECT
        application,
        vendor_data_key,
        arg_max({'vendor_data': vendor_data, 'session_id': session_id, 'created_at': created_at, 'status': status}, created_at) AS last
    FROM live_sessions
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
),
approved AS (
    SELECT vendor_data_key, count(*) AS sessions, arg_max({'application': application, 'session_id': session_id}, created_at) AS last
    FROM live_sessions
    WHERE status = 'Approved'
    GROUP BY vendor_data_key
),
told AS (
    SELECT application, vendor_data_key, arg_max(status, version_seq) AS status
    FROM users
    GROUP BY application, vendor_data_key
)
SELECT
    d.application,
    d.vendor_data_key,
    d.last.vendor_data AS vendor_data,
    d.last.session_id AS declined_session_id,
    d.last.created_at AS declined_created_at,
    t.status AS vendor_user_status,
    coalesce(a.sessions, 0) AS approved_sessions,
    a.last.session_id AS approved_session_id,
    a.last.application AS approved_application,
    CASE WHEN a.sessions IS NULL THEN 'active' WHEN t.status = 'ACTIVE' THEN 'both' ELSE 'approved' END AS why
FROM declined AS d
LEFT JOIN told AS t
    ON t.application = d.application
    AND t.vendor_data_key = d.vendor_data_key
LEFT JOIN approved AS a
    ON a.vendor_data_key = d.vendor_data_key
WHERE d.last.status = 'Declined'
    AND (t.status = 'ACTIVE' OR a.sessions > 0)
