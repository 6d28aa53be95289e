-- One row: a user whose latest approved proof of address is older than some days.
--
-- See user_checks for what counts. Users without any approved proof of address are not here.
--
-- question: Whose latest approved proof of address is older than some days?
-- parameter days: how many; one that is exactly so old is not in
-- column checked_at internal: creation of the session of the latest one
-- column age_days internal: midnights in UTC from then to knowledge.known_until
-- column approved_checks internal: how many approved ones the user has
-- column session_status internal: of that session
-- example: SELECT vendor_data, age_days FROM stale_poa(365) ORDER BY age_days DESC
CREATE OR REPLACE MACRO stale_poa(days) AS TABLE
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
WHERE kind = 'proof of address'
    AND age_days > days
