-- chapter: AML screening
-- title: Sessions whose hits and status contradict each other
-- defines: aml_contradictions
SELECT contradiction, count(*) AS sessions, max(highest_confirmed_risk) AS highest_confirmed_risk
FROM aml_contradictions
GROUP BY contradiction
ORDER BY contradiction
