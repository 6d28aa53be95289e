-- chapter: Volumes and outcomes
-- title: Sessions by the month of their creation, and what became of them
-- defines: outcomes_by_month
-- chart: stack month approved declined in_review kyc_expired unfinished
-- unit: sessions
-- The status is that of now: the last months still move while sessions are open.
SELECT
    strftime(month, '%Y-%m') AS month,
    sum(sessions) AS sessions,
    sum(approved) AS approved,
    sum(declined) AS declined,
    sum(in_review) AS in_review,
    sum(kyc_expired) AS kyc_expired,
    sum(sessions) - sum(approved) - sum(declined) - sum(in_review) - sum(kyc_expired) AS unfinished,
    sum(approved) / nullif(sum(approved) + sum(declined), 0) AS approval_rate,
    sum(approved) / nullif(sum(approved) + sum(declined) + sum(in_review), 0) AS conversion
FROM outcomes_by_month
WHERE month >= getvariable('year_from')
    AND month < getvariable('period_to')
GROUP BY ALL
ORDER BY month
