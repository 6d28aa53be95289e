-- chapter: Review backlog
-- title: Those that wait longest
-- rows: 10
SELECT session_id, coalesce(workflow_label, workflow_id) AS workflow, since, round(age_days, 1) AS days, since_is_exact
FROM review_backlog
ORDER BY since, session_id
