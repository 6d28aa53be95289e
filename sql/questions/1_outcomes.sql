-- How did verifications end, month by month?
SELECT
    strftime(created_at, '%Y-%m') AS month,
    count(*) AS sessions,
    count(*) FILTER (WHERE status = 'Approved') AS approved,
    count(*) FILTER (WHERE status = 'Declined') AS declined,
    count(*) FILTER (WHERE status = 'In Review') AS in_review,
    round(100.0 * count(*) FILTER (WHERE status = 'Approved')
        / nullif(count(*) FILTER (WHERE status IN ('Approved', 'Declined')), 0), 1) AS approval_rate
FROM sessions
GROUP BY month
ORDER BY month DESC
LIMIT 6
