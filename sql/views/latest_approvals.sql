-- One row: a user's latest approved session.
--
-- Of the sessions without vendor_data, which belong to nobody, each is here by itself. Latest is what was approved
-- last; see approvals.
--
-- column approvals internal: how many approved sessions the user has
-- column first_approved_at internal: of all of them, the first
-- column approved_at internal: when the latest was approved
-- column approved_is_exact internal: the vendor named the instant; else it is when the session was created
-- example: SELECT count(*) FROM latest_approvals WHERE vendor_data_key IS NOT NULL
CREATE OR REPLACE VIEW latest_approvals AS
WITH last AS (
    SELECT
        application,
        vendor_data_key,
        count(*) AS approvals,
        min(first_approved_at) AS first_approved_at,
        arg_max({'vendor_data': vendor_data, 'session_id': session_id, 'status': status, 'created_at': created_at, 'approved_at': approved_at, 'exact': approved_is_exact,
            'expires_at': expires_at, 'upstream_state': upstream_state}, approved_at) AS of
    FROM approvals
    GROUP BY application, vendor_data_key, CASE WHEN vendor_data_key IS NULL THEN session_id END
)
SELECT
    application,
    vendor_data_key,
    of.vendor_data AS vendor_data,
    of.session_id AS session_id,
    of.status AS status,
    of.created_at AS created_at,
    of.approved_at AS approved_at,
    of.exact AS approved_is_exact,
    first_approved_at,
    approvals,
    of.expires_at AS expires_at,
    of.upstream_state AS upstream_state
FROM last
