-- chapter: Rates by country, document and workflow
-- title: Approval rate by document type
SELECT
    coalesce(document_type, 'no document') AS document_type,
    sum(sessions) AS sessions,
    sum(approved) AS approved,
    sum(declined) AS declined,
    sum(approved) / nullif(sum(approved) + sum(declined), 0) AS approval_rate
FROM outcomes_by_month
WHERE month = getvariable('period_from')
GROUP BY ALL
ORDER BY sessions DESC, document_type
