-- One row: a day or a week with less than a quarter or more than four times as many sessions as usual.
--
-- A day is the last whole one, held against the median of the same weekday in the eight weeks before; a week is the
-- last seven whole days, held against the median of the eight weeks before. Where fewer than 20 are usual, chance rules. An
-- application that is younger than the eight weeks is not judged.
--
-- severity: warning
-- owner: compliance
-- dimension: stability
WITH counted AS (
    SELECT
        application,
        session_kind,
        (epoch_us($at) // 86400000000 - 1 - epoch_us(created_at) // 86400000000)::INTEGER AS ago, -- days in UTC, without a calendar
        count(*) AS sessions
    FROM sessions
    WHERE created_at < date_trunc('day', $at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
        AND created_at >= $at - INTERVAL 65 DAY
    GROUP BY ALL
),
spans AS (
    SELECT application, session_kind, 'day' AS span, ago // 7 AS ago, sessions
    FROM counted
    WHERE ago % 7 = 0
    UNION ALL
    SELECT application, session_kind, 'week', ago // 7, sum(sessions)
    FROM counted
    GROUP BY ALL
),
held AS (
    SELECT
        application,
        session_kind,
        span,
        coalesce(sum(sessions) FILTER (ago = 0), 0) AS sessions,
        median(sessions) FILTER (ago BETWEEN 1 AND 8) AS usual,
        count(*) FILTER (ago BETWEEN 1 AND 8) AS spans
    FROM spans
    GROUP BY ALL
)
SELECT
    application || ' ' || session_kind || ' ' || span AS id,
    sessions || ' sessions; usual are ' || usual AS detail
FROM held
WHERE spans = 8
    AND usual >= 20
    AND sessions NOT BETWEEN usual / 4 AND usual * 4
