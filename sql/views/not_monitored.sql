-- One row: an active user without ongoing AML monitoring.
--
-- Active is a user with an approved session whom the vendor has not blocked and whose relationship, by the
-- organisation's own file of customers, has not ended before knowledge.known_until; without a file nobody's has.
-- Monitored is a user one of whose live sessions has an AML screening with ongoing monitoring.
--
-- question: Who is active and not under ongoing AML monitoring?
-- column approved_at internal: of the latest approved session, see approvals
-- column vendor_user_status internal: ACTIVE or FLAGGED; null: the vendor has no such user
-- column screenings internal: AML screenings in all of the user's sessions
-- column last_screened_at internal: creation of the latest session with one; null: never
-- column why internal: never screened, or screened without monitoring
-- column reference internal: day of the file of customers, or none loaded
-- column missing_input internal: what the answer lacks; null: nothing
-- example: SELECT why, count(*) FROM not_monitored GROUP BY why
CREATE OR REPLACE VIEW not_monitored AS
WITH screened AS (
    SELECT
        s.application,
        s.vendor_data_key,
        count(*) AS screenings,
        max(s.created_at) AS last_screened_at,
        coalesce(bool_or(a.is_ongoing_monitoring_enabled), false) AS is_monitored
    FROM aml_screenings AS a
    JOIN live_sessions AS s
        ON s.application = a.application
        AND s.session_id = a.session_id
    WHERE s.vendor_data_key IS NOT NULL
    GROUP BY s.application, s.vendor_data_key
),
told AS (
    SELECT application, vendor_data_key, arg_max(status, version_seq) AS status
    FROM users
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
)
SELECT
    a.application,
    a.vendor_data_key,
    a.vendor_data,
    a.session_id,
    a.approved_at,
    t.status AS vendor_user_status,
    coalesce(s.screenings, 0) AS screenings,
    s.last_screened_at,
    CASE WHEN s.screenings IS NULL THEN 'never screened' ELSE 'screened without monitoring' END AS why,
    r.reference,
    CASE WHEN r.reference = 'none loaded' THEN 'no file of customers: ends of relationships are not known' END AS missing_input
FROM latest_approvals AS a
CROSS JOIN (FROM reference_state WHERE kind = 'customers') AS r
CROSS JOIN knowledge AS k
LEFT JOIN screened AS s
    ON s.application = a.application
    AND s.vendor_data_key = a.vendor_data_key
LEFT JOIN told AS t
    ON t.application = a.application
    AND t.vendor_data_key = a.vendor_data_key
LEFT JOIN firm_users AS f
    ON f.vendor_data_key = a.vendor_data_key
WHERE a.vendor_data_key IS NOT NULL
    AND NOT coalesce(s.is_monitored, false)
    AND t.status IS DISTINCT FROM 'BLOCKED'
    AND (f.relationship_end IS NULL OR f.relationship_end >= (k.known_until AT TIME ZONE 'UTC')::DATE)
