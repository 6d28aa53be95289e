-- One row: a kind of check of a user, with the latest that was approved.
--
-- The kinds are liveness, proof of address and AML screening. The check itself must be approved, whatever became of the
-- session. The vendor does not say when a check was made: checked_at is when its session was created. An AML screening
-- under ongoing monitoring is made again each day; is_monitored says so, and the vendor's ongoing_monitoring_last_check when.
--
-- column kind internal: liveness, proof of address or aml
-- column approved_checks internal: how many approved ones the user has
-- column checked_at internal: creation of the latest one's session
-- column session_id: of the latest one
-- column session_status internal: of that session
-- column is_monitored internal: ongoing monitoring of the latest AML screening is on; null for other kinds
-- column age_days internal: midnights in UTC from checked_at to knowledge.known_until
-- example: SELECT kind, count(*), median(age_days) FROM user_checks GROUP BY kind
CREATE OR REPLACE VIEW user_checks AS
WITH passed AS (
    SELECT 'liveness' AS kind, application, session_id, NULL::BOOLEAN AS is_monitored FROM liveness_checks WHERE status = 'Approved'
    UNION ALL
    SELECT 'proof of address', application, session_id, NULL FROM poa_verifications WHERE status = 'Approved'
    UNION ALL
    SELECT 'aml', application, session_id, is_ongoing_monitoring_enabled FROM aml_screenings WHERE status = 'Approved'
),
last AS (
    SELECT
        s.application,
        s.vendor_data_key,
        p.kind,
        count(*) AS approved_checks,
        arg_max({'vendor_data': s.vendor_data, 'session_id': s.session_id, 'status': s.status, 'created_at': s.created_at, 'is_monitored': p.is_monitored},
            s.created_at) AS of
    FROM passed AS p
    JOIN live_sessions AS s
        ON s.application = p.application
        AND s.session_id = p.session_id
    WHERE s.vendor_data_key IS NOT NULL
    GROUP BY s.application, s.vendor_data_key, p.kind
)
SELECT
    l.application,
    l.vendor_data_key,
    l.of.vendor_data AS vendor_data,
    l.kind,
    l.approved_checks,
    l.of.created_at AS checked_at,
    date_diff('day', l.of.created_at AT TIME ZONE 'UTC', k.known_until AT TIME ZONE 'UTC') AS age_days,
    l.of.session_id AS session_id,
    l.of.status AS session_status,
    l.of.is_monitored AS is_monitored
FROM last AS l
CROSS JOIN knowledge AS k
