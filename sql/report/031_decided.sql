-- chapter: Volumes and outcomes
-- title: Sessions by the month of their decision
-- defines: decisions_by_month
-- chart: stack month approved declined
-- unit: sessions
-- What was decided in a month does not move any more, unless it was only seen later. A decision that neither feed nor review
-- of the vendor's times counts when it was first seen: sessions decided before the first night are in the month of that night.
SELECT
    strftime(month, '%Y-%m') AS month,
    sum(sessions) AS sessions,
    sum(approved) AS approved,
    sum(declined) AS declined,
    sum(by_system) AS by_rules,
    sum(by_person) AS by_a_person,
    sum(by_program) AS by_a_program,
    sum(month_unsure) AS month_not_sure,
    sum(approved) / nullif(sum(approved) + sum(declined), 0) AS approval_rate
FROM decisions_by_month
WHERE month >= getvariable('year_from')
    AND month < getvariable('period_to')
GROUP BY ALL
ORDER BY month
