-- All sessions that were decided in the period, of every kind and environment, and those of which nobody knows when.
SELECT
    application,
    count(*) AS sessions
FROM of_period
GROUP BY application
ORDER BY application
