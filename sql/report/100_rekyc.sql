-- chapter: Re-verification and expiring documents
-- title: Users whose verification is due again
-- defines: rekyc_due
-- Due on the first day after the month: 12 months after the latest approval for users rated high, 60 for others.
SELECT
    CASE WHEN days_overdue <= 0 THEN 'due now' WHEN days_overdue <= 90 THEN 'up to 90 days overdue' ELSE 'over 90 days overdue' END AS due,
    count(*) FILTER (due_on IS NOT NULL) AS users,
    max(days_overdue) AS most_days_overdue,
    any_value(reference) AS reference_file,
    any_value(missing_input) AS missing_input
FROM rekyc_due(getvariable('period_to'))
GROUP BY due
ORDER BY max(days_overdue)
