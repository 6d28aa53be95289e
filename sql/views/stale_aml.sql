-- One row: a user whose latest approved AML screening is older than some days.
--
-- See user_checks for what counts. Users without any approved AML screening are not here. Users whose
-- screening is under ongoing monitoring are here too, with is_monitored: the vendor renews it each day.
--
-- question: Whose latest approved AML screening is older than some days?
-- parameter days: how many; one that is exactly so old is not in
-- column checked_at internal: creation of the session of the latest one
-- column age_days internal: midnights in UTC from then to knowledge.known_until
-- column approved_checks internal: how many approved ones the user has
-- column session_status internal: of that session
-- column is_monitored internal: ongoing monitoring of it is on
-- example: SELECT vendor_data, age_days FROM stale_aml(365) ORDER BY age_days DESC
CREATE OR REPLACE MACRO stale_aml(days) AS TABLE
SELECT
    application,
    vendor_data_key,
    vendor_data,
    checked_at,
    age_days,
    approved_checks,
    session_id,
    session_status,
    is_monitored
FROM user_checks
WHERE kind = 'aml'
    AND age_days > days
