-- Why are verifications declined or sent to review?
SELECT
    w.feature,
    w.risk,
    w.log_type,
    count(DISTINCT w.session_id) AS sessions
FROM warnings AS w
JOIN sessions AS s
    ON s.application = w.application
    AND s.session_id = w.session_id
WHERE w.log_type <> 'information'
    AND s.status IN ('Declined', 'In Review')
GROUP BY w.feature, w.risk, w.log_type
ORDER BY sessions DESC, w.feature, w.risk, w.log_type
LIMIT 6
