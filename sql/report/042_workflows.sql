-- chapter: Rates by country, document and workflow
-- title: Approval and straight-through rate by workflow
-- defines: straight_through_by_month
-- Straight-through: decided without anybody's hand.
SELECT
    coalesce(o.workflow_label, o.workflow_id) AS workflow,
    o.sessions,
    o.approved,
    o.declined,
    o.approved / nullif(o.approved + o.declined, 0) AS approval_rate,
    s.straight_through_rate
FROM (
    SELECT workflow_id, any_value(workflow_label) AS workflow_label, sum(sessions) AS sessions, sum(approved) AS approved, sum(declined) AS declined
    FROM outcomes_by_month
    WHERE month = getvariable('period_from')
    GROUP BY workflow_id
) AS o
LEFT JOIN (
    SELECT workflow_id, sum(straight_through) / nullif(sum(decided), 0) AS straight_through_rate
    FROM straight_through_by_month
    WHERE month = getvariable('period_from')
    GROUP BY workflow_id
) AS s
    ON s.workflow_id = o.workflow_id
ORDER BY o.sessions DESC, workflow
