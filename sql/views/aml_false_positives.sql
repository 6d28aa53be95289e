-- One row: a band of match scores and a category of AML hits, with how many were false positives, and who said so.
--
-- The vendor tags hits below its threshold as False Positive by machine, so that one rate for all is wrong by
-- construction. human_false_positive_rate is made only of what a person or program has decided; of machine-tagged
-- hits nobody knows how many are right. Each hit is in one row. See aml_hit_dispositions for who judged a hit.
--
-- question: How many AML hits are false positives, tagged by machine and cleared by people apart, by score band and
--   list?
-- column score_band internal: of match_score, lower bound in, upper bound out: <75, 75-80, 80-85, 85-90, 90-93,
--   93-96, 96-100 (100 is in); null: no score
-- column category internal: the gravest of the hit's data sets: sanction, pep, warning, adverse_media or other
-- column hits internal: all; unreviewed + inconclusive + confirmed + machine_tagged + human_cleared + other
-- column unreviewed internal: hits
-- column inconclusive internal: hits
-- column confirmed internal: hits with status Confirmed Match
-- column machine_tagged internal: hits that were False Positive from the first sight on, without a sign of somebody
-- column human_cleared internal: hits that are False Positive because of a person or program
-- column human_cleared_unsure internal: hits of human_cleared of which only the session is known to have been worked
--   on, not the hit
-- column other internal: hits without a status
-- column false_positive_rate internal: (machine_tagged + human_cleared) / hits
-- column human_false_positive_rate internal: human_cleared / (human_cleared + confirmed + inconclusive)
-- example: SELECT score_band, sum(hits) AS hits, sum(machine_tagged) AS machine_tagged, sum(human_cleared) AS human_cleared FROM aml_false_positives GROUP BY score_band ORDER BY score_band
CREATE OR REPLACE VIEW aml_false_positives AS
SELECT
    application,
    CASE
        WHEN match_score < 75 THEN '<75'
        WHEN match_score < 80 THEN '75-80'
        WHEN match_score < 85 THEN '80-85'
        WHEN match_score < 90 THEN '85-90'
        WHEN match_score < 93 THEN '90-93'
        WHEN match_score < 96 THEN '93-96'
        WHEN match_score >= 96 THEN '96-100'
    END AS score_band,
    category,
    count(*) AS hits,
    count(*) FILTER (review_status = 'Unreviewed') AS unreviewed,
    count(*) FILTER (review_status = 'Inconclusive') AS inconclusive,
    count(*) FILTER (review_status = 'Confirmed Match') AS confirmed,
    count(*) FILTER (review_status = 'False Positive' AND judged_by = 'machine') AS machine_tagged,
    count(*) FILTER (review_status = 'False Positive' AND judged_by = 'human') AS human_cleared,
    count(*) FILTER (review_status = 'False Positive' AND disposition_evidence = 'activity of the session') AS human_cleared_unsure,
    count(*) FILTER (review_status IS NULL) AS other,
    count(*) FILTER (review_status = 'False Positive') / count(*) AS false_positive_rate,
    count(*) FILTER (review_status = 'False Positive' AND judged_by = 'human')
        / nullif(count(*) FILTER (review_status IN ('Confirmed Match', 'Inconclusive') OR review_status = 'False Positive' AND judged_by = 'human'), 0) AS human_false_positive_rate
FROM aml_hit_dispositions
GROUP BY application, score_band, category
ORDER BY application, score_band, category
