-- One row: a class of sessions of which some are older known than is promised, after the newest run of the application.
--
-- severity: warning
-- owner: operator
-- dimension: timeliness
WITH newest AS (
    SELECT application, max(version_seq) AS version_seq
    FROM promises
    GROUP BY application
)
SELECT
    p.application || ' ' || p.class AS id,
    p.beyond || ' of ' || p.sessions || ' are beyond the promise' AS detail
FROM promises AS p
JOIN newest AS n
    ON n.application = p.application
    AND n.version_seq = p.version_seq
WHERE p.beyond > 0
