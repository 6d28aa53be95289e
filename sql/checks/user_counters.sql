-- One row: a counter that the vendor keeps of a user and that the user's own sessions have contradicted for more than two days.
--
-- severity: warning
-- owner: engineer
-- dimension: reconciliation
WITH newest AS (
    SELECT application, max(version_seq) AS version_seq
    FROM runs
    GROUP BY application
)
SELECT
    u.user_id AS id,
    u.counter || ': the vendor counts ' || u.vendor_count || ', the lake ' || u.lake_count AS detail
FROM user_count_mismatches AS u
JOIN newest AS n
    ON n.application = u.application
    AND n.version_seq = u.version_seq
WHERE u.since < u.counted_at - INTERVAL 2 DAY
