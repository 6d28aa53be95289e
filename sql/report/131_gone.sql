-- chapter: Changes of earlier months
-- title: Sessions that the vendor no longer has
-- They stay in this report with their last known values.
SELECT upstream_state AS state, strftime(upstream_gone_at, '%Y-%m') AS since, count(*) AS sessions
FROM upstream_gone
GROUP BY ALL
ORDER BY since DESC, state
