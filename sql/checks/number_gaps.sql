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
    UNION ALL
    SELECT application, session_kind, session_number, created_at
    FROM session_state
    WHERE session_number IS NOT NULL
        AND created_at >= $at - INTERVAL 90 DAY
),
blocks AS ( -- 32 numbers each, as bits: to sort the numbers themselves takes three times as long
    SELECT
        application,
        session_kind,
        session_number - (session_number & 31) AS start,
        bit_or(1::BIGINT << (session_number & 31)) AS there
    FROM numbered
    GROUP BY ALL
),
spans AS (
    SELECT application, session_kind, start AS session_number, start + 31 AS until
    FROM blocks
    WHERE bit_count(there) = 32
    UNION ALL
    SELECT application, session_kind, start + bit, start + bit
    FROM blocks
    CROSS JOIN range(32) AS b(bit)
    WHERE bit_count(there) < 32
        AND there & (1::BIGINT << bit) <> 0
),
pairs AS (
    SELECT
        application,
        session_kind,
        session_number,
        lag(until) OVER (PARTITION BY application, session_kind ORDER BY session_number) AS before
    FROM spans
)
SELECT
    p.application || ' ' || p.session_kind || ' ' || (p.before + 1) || '-' || (p.session_number - 1) AS id,
    (p.session_number - p.before - 1) || ' numbers' AS detail
FROM pairs AS p
JOIN numbered AS n
    ON n.application = p.application
    AND n.session_kind = p.session_kind
    AND n.session_number = p.session_number
JOIN (SELECT application, min(started_at) AS begun_at FROM runs GROUP BY application) AS r
    ON r.application = p.application
WHERE p.session_number > p.before + 1
GROUP BY p.application, p.session_kind, p.session_number, p.before, r.begun_at
HAVING min(n.created_at) > r.begun_at
