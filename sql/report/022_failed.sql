-- chapter: Data quality and reconciliation
-- title: Checks that found something
SELECT check_name AS "check", severity, owner, failures, detail AS first_finding, waived_reason
FROM checks
WHERE NOT is_passed
ORDER BY severity, failures DESC, check_name
