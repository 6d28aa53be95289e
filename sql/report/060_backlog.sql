-- chapter: Review backlog
-- title: Sessions in review now, by how long they wait
-- chart: bars waiting sessions
-- unit: sessions
SELECT waiting, sessions
FROM (
    UNPIVOT (
        SELECT
            coalesce(sum(under_1_day), 0) AS "under 1 day",
            coalesce(sum(from_1_to_3_days), 0) AS "1 to 3 days",
            coalesce(sum(from_3_to_7_days), 0) AS "3 to 7 days",
            coalesce(sum(from_7_to_30_days), 0) AS "7 to 30 days",
            coalesce(sum(from_30_days), 0) AS "over 30 days"
        FROM review_backlog_ageing
    ) ON COLUMNS(*) INTO NAME waiting VALUE sessions
)
