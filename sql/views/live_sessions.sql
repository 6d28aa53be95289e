-- One row: a session of a person in the live environment, as it is now.
--
-- What most questions are about. Sandbox sessions and those of companies are left out; left_out_sessions counts
-- them. A session of which the vendor does not tell the environment is taken for a live one. Sessions that the vendor
-- has deleted are in, with their last known values: see upstream_state.
--
-- column month internal: first day of the month, in UTC, in which the session was created
-- column is_decided internal: the status is Approved, Declined or Kyc Expired: somebody or something has decided
-- example: SELECT month, count(*) FROM live_sessions GROUP BY month ORDER BY month
CREATE OR REPLACE VIEW live_sessions AS
SELECT
    date_trunc('month', created_at AT TIME ZONE 'UTC')::DATE AS month,
    coalesce(status IN ('Approved', 'Declined', 'Kyc Expired'), false) AS is_decided,
    *
FROM sessions
WHERE session_kind = 'user'
    AND environment IS DISTINCT FROM 'sandbox'
