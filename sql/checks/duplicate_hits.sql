-- One row: an AML hit that a screening has twice, by the session's id.
--
-- severity: warning
-- owner: engineer
-- dimension: uniqueness
SELECT
    session_id AS id,
    'screening ' || block_ordinal || ' has a hit ' || count(*) || ' times' AS detail
FROM aml_hits
WHERE version_seq > $since
    AND row_key IS NOT NULL
GROUP BY application, session_id, block_ordinal, row_key
HAVING count(*) > 1
