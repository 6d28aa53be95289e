-- chapter: Changes of earlier months
-- title: Sessions created before the month whose outcome changed in it
-- These move the figures that an earlier report gave by month of creation.
SELECT
    strftime(s.month, '%Y-%m') AS created_in,
    coalesce(c.from_status, 'not known') AS from_status,
    c.to_status,
    count(DISTINCT c.session_id) AS sessions
FROM status_changes AS c
JOIN live_sessions AS s
    ON s.application = c.application
    AND s.session_id = c.session_id
WHERE c.changed_at >= getvariable('period_from')
    AND c.changed_at < getvariable('period_to')
    AND s.month < getvariable('period_from')
    AND (c.from_status IN ('Approved', 'Declined', 'Kyc Expired', 'In Review') OR c.to_status IN ('Approved', 'Declined', 'Kyc Expired'))
GROUP BY ALL
ORDER BY created_in DESC, sessions DESC, from_status, to_status
