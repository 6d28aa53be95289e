-- One row: a session that the vendor no longer has, or no longer shows, and of which the warehouse keeps the last known values.
--
-- Sandbox sessions and companies are in.
--
-- question: Which sessions are gone at the vendor, since when, and what is the evidence?
-- column upstream_gone_at internal: first time that the vendor did not have it
-- column age_days internal: midnights in UTC from the session's creation until then
-- example: SELECT upstream_state, upstream_reason, count(*) FROM upstream_gone GROUP BY ALL
CREATE OR REPLACE VIEW upstream_gone AS
SELECT
    application,
    session_id,
    session_kind,
    vendor_data_key,
    status,
    created_at,
    environment,
    upstream_state,
    upstream_gone_at,
    date_diff('day', created_at AT TIME ZONE 'UTC', upstream_gone_at AT TIME ZONE 'UTC') AS age_days,
    upstream_reason
FROM sessions
WHERE upstream_state IN ('deleted', 'out_of_scope', 'unknown')
