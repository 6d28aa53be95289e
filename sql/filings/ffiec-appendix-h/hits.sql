-- One row: a potential match in a list of sanctions, and how it was settled.
--
-- Designed to support Appendix H: logs of potential matches, and the method of clearing those that are none. judged_by tells what
-- the vendor's threshold cleared from what people did: see aml_hit_dispositions in queries/views.sql.
--
-- key: cell, application, session_id, block_ordinal, item_ordinal
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column application aml_hits.application
-- column session_id aml_hits.session_id
-- column block_ordinal aml_hits.block_ordinal
-- column item_ordinal aml_hits.item_ordinal
-- column vendor_data sessions.vendor_data
-- column hit_id aml_hit_dispositions.hit_id
-- column caption aml_hit_dispositions.caption
-- column lists criminal: the lists, programs and authorities that the vendor tells of, without order; null: none
-- column match_score aml_hits.match_score
-- column review_status aml_hits.review_status
-- column first_known_at aml_hit_dispositions.first_known_at
-- column judged_by aml_hit_dispositions.judged_by
-- column evidence aml_hit_dispositions.disposition_evidence
WITH named AS (
    SELECT
        application,
        session_id,
        block_ordinal,
        item_ordinal,
        to_json(list_sort(list_distinct(flatten(list(list_concat(
            TRY_CAST(list_name AS VARCHAR[]), TRY_CAST(sanction_list AS VARCHAR[]), TRY_CAST(sanction_program AS VARCHAR[]), TRY_CAST(sanctioning_authority AS VARCHAR[]))))))) AS lists
    FROM aml_matches
    SEMI JOIN members USING (application, session_id)
    WHERE match_kind = 'sanction'
    GROUP BY ALL
)
SELECT
    CASE
        WHEN h.review_status = 'Confirmed Match' THEN '4_matches_confirmed'
        WHEN h.review_status = 'False Positive' AND h.judged_by = 'human' THEN '4_matches_cleared_by_people'
        WHEN h.review_status = 'False Positive' THEN '4_matches_cleared_by_machine'
        ELSE '4_matches_open'
    END AS cell,
    h.application,
    h.session_id,
    h.block_ordinal,
    h.item_ordinal,
    m.vendor_data,
    h.hit_id,
    h.caption,
    n.lists,
    h.match_score,
    h.review_status,
    h.first_known_at,
    h.judged_by,
    h.disposition_evidence AS evidence
FROM aml_hit_dispositions AS h
JOIN members AS m
    ON m.application = h.application
    AND m.session_id = h.session_id
LEFT JOIN named AS n
    ON n.application = h.application
    AND n.session_id = h.session_id
    AND n.block_ordinal = h.block_ordinal
    AND n.item_ordinal = h.item_ordinal
WHERE h.category = 'sanction'
ORDER BY cell, h.application, h.session_id, h.block_ordinal, h.item_ordinal
