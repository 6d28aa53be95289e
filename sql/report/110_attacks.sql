-- chapter: Signs of fraud, duplicates and spikes
-- title: Signs of attacks, by month
-- chart: stack month presentation copy manipulation blocklist duplicate
-- unit: sessions with a sign
SELECT
    strftime(month, '%Y-%m') AS month,
    sum(sessions) FILTER (signal = 'presentation') AS presentation,
    sum(sessions) FILTER (signal = 'copy') AS copy,
    sum(sessions) FILTER (signal = 'manipulation') AS manipulation,
    sum(sessions) FILTER (signal = 'blocklist') AS blocklist,
    sum(sessions) FILTER (signal = 'duplicate') AS duplicate,
    sum(approved) AS approved_in_spite
FROM attack_signals
WHERE month >= getvariable('year_from')
    AND month < getvariable('period_to')
GROUP BY month
ORDER BY month
