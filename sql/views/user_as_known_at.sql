-- One row: a session of a user as it was known at an instant.
--
-- What the warehouse would have answered then: the last published commit that was made no later than the instant counts.
-- Sandbox sessions are in, see environment. A user of whom nothing was known has no row. Other tables of the same
-- session are asked in the same way: id_verifications_as_known_at(ts) and so on.
--
-- question: What did we hold about a user at an instant?
-- parameter of_user: vendor_data as any session of the user has it, or vendor_data_key, in upper or lower case
-- parameter ts: the instant
-- column version_seq internal: the commit that stored the version which counted then
-- column age_days internal: midnights in UTC from when this was received to the instant
-- column vendor_user_status internal: what the vendor said of the user: ACTIVE, FLAGGED or BLOCKED
-- column verified_features internal: features of the session that were approved, in alphabetical order
-- column other_features internal: features that were not, with their state
-- example: SELECT session_id, status, observed_at FROM user_as_known_at('customer-4711', TIMESTAMPTZ '2026-03-31 23:59:00Z')
CREATE OR REPLACE MACRO user_as_known_at(of_user, ts) AS TABLE
WITH keys AS ( -- lower() leaves an ß and wide letters as they are, and the key does not: the spellings that were received lead to it
    SELECT lower(of_user) AS vendor_data_key
    UNION
    SELECT vendor_data_key FROM sessions_versions WHERE lower(vendor_data) = lower(of_user)
),
held AS (
    FROM sessions_as_known_at(ts) WHERE vendor_data_key IN (SELECT vendor_data_key FROM keys) AND session_kind = 'user'
),
told AS (
    SELECT application, vendor_data_key, arg_max(status, version_seq) AS status
    FROM users_as_known_at(ts)
    WHERE vendor_data_key IN (SELECT vendor_data_key FROM keys)
    GROUP BY application, vendor_data_key
),
passed AS (
    SELECT
        f.application,
        f.session_id,
        string_agg(DISTINCT f.feature, ', ' ORDER BY f.feature) FILTER (f.status = 'Approved') AS verified_features,
        string_agg(DISTINCT f.feature || ' ' || coalesce(f.status, f.status_raw, '?'), ', ' ORDER BY f.feature || ' ' || coalesce(f.status, f.status_raw, '?')) FILTER (f.status IS DISTINCT FROM 'Approved') AS other_features
    FROM session_features_as_known_at(ts) AS f
    JOIN held AS h
        ON h.application = f.application
        AND h.session_id = f.session_id
    WHERE f.source = 'list_row'
    GROUP BY f.application, f.session_id
)
SELECT
    h.application,
    h.vendor_data_key,
    h.vendor_data,
    h.session_id,
    h.created_at,
    h.status,
    h.expires_at,
    h.full_name,
    h.country_iso3,
    p.verified_features,
    p.other_features,
    t.status AS vendor_user_status,
    h.environment,
    h.upstream_state,
    h.version_seq,
    h.observed_at,
    date_diff('day', h.observed_at AT TIME ZONE 'UTC', ts::TIMESTAMPTZ AT TIME ZONE 'UTC') AS age_days
FROM held AS h
LEFT JOIN told AS t
    ON t.application = h.application
    AND t.vendor_data_key = h.vendor_data_key
LEFT JOIN passed AS p
    ON p.application = h.application
    AND p.session_id = h.session_id
