-- chapter: Overrides and four-eyes exceptions
-- title: Decisions of the vendor's rules that were overturned in the month
-- defines: overrides
SELECT
    direction,
    count(*) AS changes,
    count(*) FILTER (actor = 'person') AS by_a_person,
    count(*) FILTER (actor = 'program') AS by_a_program,
    count(*) FILTER (NOT has_comment) AS without_comment
FROM overrides
WHERE overturns_decision
    AND changed_at >= getvariable('period_from')
    AND changed_at < getvariable('period_to')
GROUP BY direction
ORDER BY changes DESC, direction
