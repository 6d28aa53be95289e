-- Which AML hits did nobody look at, and how risky are they?
SELECT
    s.status,
    count(DISTINCT h.session_id) AS sessions,
    count(*) AS unreviewed_hits,
    round(max(h.risk_score), 1) AS highest_risk
FROM aml_hits AS h
JOIN sessions AS s
    ON s.application = h.application
    AND s.session_id = h.session_id
WHERE h.review_status = 'Unreviewed'
GROUP BY s.status
ORDER BY highest_risk DESC NULLS LAST, s.status
LIMIT 6
