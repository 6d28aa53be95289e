-- chapter: Fairness
-- title: Approval rate of groups with 30 decided sessions or more
-- defines: fairness
-- rows: 20
-- Over all months. Difference: from the rate of all, in shares. A difference is a reason to look, not a finding.
SELECT dimension, group_name AS "group", decided, approved, approval_rate, difference
FROM fairness
ORDER BY dimension, decided DESC, group_name
