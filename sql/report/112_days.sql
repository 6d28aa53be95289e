-- chapter: Signs of fraud, duplicates and spikes
-- title: Days of the month with the most sessions against the four weeks before
-- rows: 5
SELECT day, sum(sessions) AS sessions, sum(sessions_28_days) / 28 AS usual, sum(sessions) / nullif(sum(sessions_28_days) / 28, 0) AS times_usual
FROM sessions_by_day
WHERE day >= getvariable('period_from')
    AND day < getvariable('period_to')
GROUP BY day
ORDER BY times_usual DESC NULLS LAST, day
