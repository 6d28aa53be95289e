-- One row: an AML screening that says another number of hits than it has.
--
-- The vendor may count what it does not show. A row of a hit that could not be read is a reject and is not missing here.
--
-- severity: warning
-- owner: compliance
-- dimension: reconciliation
WITH hits AS (
    SELECT application, session_id, block_ordinal, count(*) AS rows
    FROM aml_hits
    WHERE version_seq > $since
    GROUP BY ALL
)
SELECT
    a.session_id AS id,
    'screening ' || a.block_ordinal || ' says another number of hits than it has' AS detail
FROM aml_screenings AS a
LEFT JOIN hits AS h
    ON h.application = a.application
    AND h.session_id = a.session_id
    AND h.block_ordinal = a.block_ordinal
ANTI JOIN rejects AS r
    ON r.application = a.application
    AND r.session_id = a.session_id
    AND r.version_seq = a.version_seq
    AND r.table_name = 'aml_hits'
WHERE a.version_seq > $since
    AND a.total_hits <> coalesce(h.rows, 0)
