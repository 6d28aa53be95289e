-- chapter: Rates by country, document and workflow
-- title: Approval rate by issuing state
-- chart: bars issuing_state approval_rate
-- unit: percent
-- Sessions created in the month. States with fewer than 5 decided sessions are in the last row.
FROM (
    SELECT
        CASE WHEN decided < 5 THEN 'others' ELSE coalesce(issuing_state, 'no document') END AS issuing_state,
        sum(sessions) AS sessions,
        sum(approved) AS approved,
        sum(declined) AS declined,
        sum(approved) / nullif(sum(approved) + sum(declined), 0) AS approval_rate
    FROM (
        SELECT issuing_state, sum(sessions) AS sessions, sum(approved) AS approved, sum(declined) AS declined, sum(approved) + sum(declined) AS decided
        FROM outcomes_by_month
        WHERE month = getvariable('period_from')
        GROUP BY issuing_state
    )
    GROUP BY ALL
)
ORDER BY issuing_state = 'others', sessions DESC, issuing_state
