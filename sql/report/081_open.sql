-- chapter: AML screening
-- title: Hits that nobody has reviewed, by age
-- chart: bars waiting hits
-- unit: hits
SELECT
    CASE WHEN age_days < 7 THEN 'under 7 days' WHEN age_days < 30 THEN '7 to 30 days' WHEN age_days < 90 THEN '30 to 90 days' ELSE 'over 90 days' END AS waiting,
    count(*) AS hits,
    count(DISTINCT session_id) AS sessions,
    max(risk_score) AS highest_risk_score
FROM open_aml_hits
GROUP BY waiting
ORDER BY min(age_days)
