-- All sessions of the period, of every kind and environment, and those of which nobody knows when they were created.
SELECT
    application,
    count(*) AS sessions
FROM sessions
WHERE created_at IS NULL
    OR created_at >= getvariable('period_from')
        AND created_at < getvariable('period_to')
GROUP BY application
ORDER BY application
