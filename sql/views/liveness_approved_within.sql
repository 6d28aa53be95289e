-- One row: a user whose latest approved test of liveness is not older than some days.
--
-- See user_checks for what counts. Users without any approved test of liveness are not here.
--
-- question: Who has passed a test of liveness within some days?
-- parameter days: how many; one that is exactly so old is in
-- column checked_at internal: creation of the session of the latest one
-- column age_days internal: midnights in UTC from then to knowledge.known_until
-- column approved_checks internal: how many approved ones the user has
-- column session_status internal: of that session
-- example: SELECT vendor_data, age_days FROM liveness_approved_within(30) ORDER BY age_days DESC
CREATE OR REPLACE MACRO liveness_approved_within(days) AS TABLE
SELECT
    application,
    vendor_data_key,
    vendor_data,
    checked_at,
    age_days,
    approved_checks,
    session_id,
    session_status
FROM user_checks
WHERE kind = 'liveness'
    AND age_days <= days
