-- chapter: AML screening
-- title: Hits by category and who cleared them
-- defines: aml_hit_dispositions
-- chart: stack category not_reviewed cleared_by_machine cleared_by_hand confirmed inconclusive
-- unit: hits
-- All hits of live sessions as they are now. Those below the match threshold are tagged false positive by the vendor's
-- machine; they are not the work of a reviewer.
SELECT
    category,
    count(*) AS hits,
    count(*) FILTER (review_status = 'Unreviewed') AS not_reviewed,
    count(*) FILTER (review_status = 'False Positive' AND judged_by IS DISTINCT FROM 'human') AS cleared_by_machine,
    count(*) FILTER (review_status = 'False Positive' AND judged_by = 'human') AS cleared_by_hand,
    count(*) FILTER (review_status = 'Confirmed Match') AS confirmed,
    count(*) FILTER (review_status NOT IN ('Unreviewed', 'False Positive', 'Confirmed Match')) AS inconclusive
FROM aml_hit_dispositions
GROUP BY category
ORDER BY hits DESC, category
