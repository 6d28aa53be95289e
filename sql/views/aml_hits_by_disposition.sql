-- One row: a data set of AML hits and a disposition, with how many hits there are.
--
-- A hit may be in several data sets and counts in each, so that rows of different data sets must not be added up; see
-- column category of aml_hit_dispositions for one that is in one row only. Hits of sessions that the vendor has
-- deleted are in.
--
-- question: How many AML hits are there by category, data set and disposition?
-- column category internal: of the data set: sanction, pep, warning, adverse_media or other
-- column data_set internal: the vendor's name; null: the hit names none
-- column review_status internal: Unreviewed, Confirmed Match, False Positive or Inconclusive
-- column judged_by internal: human, machine, or null: not judged; see aml_hit_dispositions
-- column hits internal: how many
-- column sessions internal: that these belong to
-- column people internal: users that these belong to; a session without vendor_data is a user of its own
-- column highest_risk_score internal: of the hits
-- example: SELECT category, review_status, judged_by, sum(hits) AS hits FROM aml_hits_by_disposition WHERE data_set NOT LIKE 'PEP Level%' GROUP BY ALL ORDER BY ALL
CREATE OR REPLACE VIEW aml_hits_by_disposition AS
WITH spread AS (
    SELECT application, session_id, coalesce(vendor_data_key, session_id) AS person, risk_score, review_status, judged_by, unnest(if(len(data_sets) > 0, list_distinct(data_sets), [NULL])) AS data_set
    FROM aml_hit_dispositions
)
SELECT
    application,
    CASE
        WHEN data_set = 'Sanctions' THEN 'sanction'
        WHEN data_set LIKE 'PEP%' THEN 'pep'
        WHEN data_set LIKE 'Warnings%' THEN 'warning'
        WHEN data_set = 'Adverse Media' THEN 'adverse_media'
        ELSE 'other'
    END AS category,
    data_set,
    review_status,
    judged_by,
    count(*) AS hits,
    count(DISTINCT session_id) AS sessions,
    count(DISTINCT person) AS people,
    max(risk_score) AS highest_risk_score
FROM spread
GROUP BY application, data_set, review_status, judged_by
ORDER BY application, data_set, review_status, judged_by
