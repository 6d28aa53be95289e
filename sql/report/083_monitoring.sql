-- chapter: AML screening
-- title: What ongoing monitoring changed in the month
-- defines: aml_monitoring_changes
SELECT
    change,
    count(*) AS hits,
    count(DISTINCT session_id) AS sessions,
    count(*) FILTER (moved_status) AS that_moved_the_status,
    count(reviewed_at) AS reviewed_since,
    median(hours_to_review) AS median_hours_to_review
FROM aml_monitoring_changes(getvariable('period_from'), getvariable('period_to') - 1)
GROUP BY change
ORDER BY change
