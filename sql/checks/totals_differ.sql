-- One row: a count of the vendor's that differs from the lake's, after the newest run of the application that counted.
--
-- A figure that moves while it is taken, and one that is explained, does not count.
--
-- severity: warning
-- owner: engineer
-- dimension: reconciliation
WITH newest AS (
    SELECT application, max(version_seq) AS version_seq
    FROM control_totals
    GROUP BY application
)
SELECT
    concat_ws(' ', t.application, t.kind, t.dimension, t.month, t.status) AS id,
    'the vendor counts ' || t.vendor_count || ', the lake ' || t.lake_count AS detail
FROM control_totals AS t
JOIN newest AS n
    ON n.application = t.application
    AND n.version_seq = t.version_seq
WHERE t.state = 'differs'
