-- All sessions that were open at the end of the period, of every kind and environment, and those that may have been.
SELECT
    application,
    count(*) AS sessions
FROM of_period
GROUP BY application
ORDER BY application
