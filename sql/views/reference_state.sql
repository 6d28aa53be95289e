-- One row: a kind of file that the organisation may tell of its own, customers or countries, and what is loaded of it.
--
-- Other views take their column reference from here, so that an answer which lacks a file says so.
--
-- question: Which of our own files are loaded, and for which day do they hold?
-- column kind internal: customers or countries
-- column reference internal: the day for which the newest file holds, or on which it was read; 'none loaded' where there is none
-- column rows internal: in the newest file; 0 where there is none
-- column read_at internal: when it was read
-- example: SELECT kind, reference, rows FROM reference_state
CREATE OR REPLACE VIEW reference_state AS
SELECT
    k.kind,
    coalesce(coalesce(f.as_of, (f.observed_at AT TIME ZONE 'UTC')::DATE)::VARCHAR, 'none loaded') AS reference,
    coalesce(f.rows, 0) AS rows,
    f.observed_at AS read_at
FROM (VALUES ('customers'), ('countries')) AS k(kind)
LEFT JOIN reference_files AS f
    ON f.kind = k.kind
ORDER BY k.kind
