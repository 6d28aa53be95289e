-- One row: an application whose last complete run ended more than 36 hours ago.
--
-- A run is complete that came to its end and was published, be it that some elements could not be read. One whose
-- budget ended is not.
--
-- severity: warning
-- owner: operator
-- dimension: timeliness
SELECT
    application AS id,
    coalesce('the last complete run ended '
        || round(date_diff('minute', max(finished_at) FILTER (outcome IN ('published', 'published, degraded')), $at) / 60.0, 1)
        || ' hours earlier', 'no run was complete') AS detail
FROM runs
WHERE kind <> 'replay'
GROUP BY application
HAVING coalesce(max(finished_at) FILTER (outcome IN ('published', 'published, degraded')) < $at - INTERVAL 36 HOUR, true)
