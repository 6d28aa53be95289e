-- chapter: Review backlog
-- title: Reviews that ended in the month
-- defines: review_times
-- Hours from In Review to the next status, of those whose both ends the vendor tells.
SELECT ended_by, count(*) AS reviewers, sum(stays) AS reviews, sum(timed) AS timed, sum(hours_timed) / nullif(sum(timed), 0) AS mean_hours
FROM review_times
WHERE month = getvariable('period_from')
GROUP BY ended_by
ORDER BY ended_by
