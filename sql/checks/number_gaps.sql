-- One row: a gap in the running numbers of an application's sessions of one kind, which nothing explains.
--
-- The vendor numbers the sessions of persons and those of companies apart. A session that was deleted or went out of
-- scope after it was stored has its number still. What was created after the first run and deleted before the next night
-- leaves a gap too, so that a few are no cause for alarm; many in a row are. What is missing below the first number that
-- is newer than the application's first run is not counted: what it was is not known to anybody. Nor are gaps among what was
-- created more than 90 days ago, which have been told for as long.
--
-- severity: warning
-- owner: engineer
-- dimension: reconciliation
WITH numbered AS (
    SELECT application, session_kind, session_number, created_at
    FROM sessions
    WHERE session_number IS NOT NULL
        AND created_at >= $at - INTERVAL 90 DAY
    UNION
    SELECT application, session_kind, session_number, created_at
    FROM session_state
    WHERE created_at >= $at - INTERVAL 90 DAY
),
pairs AS (
    SELECT
        application,
        session_kind,
        session_number,
        created_at,
        lag(session_number) OVER (PARTITION BY application, session_kind ORDER BY session_number) AS before
    FROM (
        SELECT application, session_kind, session_number, min(created_at) AS created_at
        FROM numbered
        GROUP BY ALL
    )
)
SELECT
    p.application || ' ' || p.session_kind || ' ' || (p.before + 1) || '-' || (p.session_number - 1) AS id,
    (p.session_number - p.before - 1) || ' numbers' AS detail
FROM pairs AS p
JOIN (SELECT application, min(started_at) AS begun_at FROM runs GROUP BY application) AS r
    ON r.application = p.application
WHERE p.session_number > p.before + 1
    AND p.created_at > r.begun_at
