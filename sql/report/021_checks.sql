-- chapter: Data quality and reconciliation
-- title: Checks of the data, by what they look at
-- Each check is asked of all data before analysts see them. A critical one that fails keeps them back, unless it is waived.
SELECT
    dimension,
    count(*) AS checks,
    count(*) FILTER (is_passed) AS passed,
    count(*) FILTER (NOT is_passed AND severity = 'critical') AS critical_failed,
    count(*) FILTER (NOT is_passed AND severity = 'warning') AS warnings,
    count(*) FILTER (is_waived) AS waived
FROM checks
GROUP BY dimension
ORDER BY dimension
