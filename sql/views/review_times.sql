-- One row: a reviewer and month, with the reviews that ended in it and the time they took.
--
-- Review time is the sum of the stays in In Review; time in Resubmitted is not in it. A stay counts for who ended it
-- and in the month in which it ended. Stays that nobody has ended are in review_backlog. hours_timed is made only of
-- stays of which the vendor tells both ends; see review_intervals for what the others are made of.
--
-- question: How much time do reviews take, by reviewer and month?
-- column month internal: first day of the month, in UTC, in which the stays ended
-- column ended_by internal: person, program or system
-- column reviewer pii: e-mail address or name; null: the vendor's rules, or unknown
-- column stays internal: in review that ended
-- column sessions internal: that these belong to
-- column hours internal: sum over all stays
-- column timed internal: stays of which the vendor tells both ends
-- column hours_timed internal: sum over the timed ones
-- column p50_hours_timed internal: of the timed ones
-- column p90_hours_timed internal: of the timed ones
-- example: SELECT month, reviewer, stays, hours_timed / timed AS mean_hours FROM review_times WHERE ended_by = 'person'
CREATE OR REPLACE VIEW review_times AS
SELECT
    application,
    month,
    ended_by,
    ended_by_name AS reviewer,
    count(*) AS stays,
    count(DISTINCT session_id) AS sessions,
    sum(hours) AS hours,
    count(*) FILTER (began_is_exact AND ended_is_exact) AS timed,
    sum(hours) FILTER (began_is_exact AND ended_is_exact) AS hours_timed,
    quantile_cont(hours, 0.5) FILTER (began_is_exact AND ended_is_exact) AS p50_hours_timed,
    quantile_cont(hours, 0.9) FILTER (began_is_exact AND ended_is_exact) AS p90_hours_timed
FROM review_intervals
WHERE ended_at IS NOT NULL
GROUP BY application, month, ended_by, reviewer
ORDER BY application, month, ended_by, reviewer
