-- One row: an entry of a list that resembles the person, and how it was judged.
--
-- Designed to support Appendix H: potential matches and how they were cleared, and by whom. judged_by tells what the vendor's
-- machine cleared from what people did: see aml_hit_dispositions in queries/views.sql.
--
-- key: application, session_id, block_ordinal, item_ordinal
-- refers: application, session_id, block_ordinal to screenings
-- column application aml_hits.application
-- column session_id aml_hits.session_id
-- column block_ordinal aml_hits.block_ordinal
-- column item_ordinal aml_hits.item_ordinal
-- column hit_id aml_hit_dispositions.hit_id
-- column caption aml_hit_dispositions.caption
-- column category aml_hit_dispositions.category
-- column data_sets aml_hit_dispositions.data_sets
-- column match_score aml_hits.match_score
-- column risk_score aml_hits.risk_score
-- column review_status aml_hits.review_status
-- column first_review_status aml_hit_dispositions.first_review_status
-- column first_known_at aml_hit_dispositions.first_known_at
-- column judged_by aml_hit_dispositions.judged_by
-- column evidence aml_hit_dispositions.disposition_evidence
SELECT
    h.application,
    h.session_id,
    h.block_ordinal,
    h.item_ordinal,
    h.hit_id,
    h.caption,
    h.category,
    to_json(h.data_sets) AS data_sets,
    h.match_score,
    h.risk_score,
    h.review_status,
    h.first_review_status,
    h.first_known_at,
    h.judged_by,
    h.disposition_evidence AS evidence
FROM aml_hit_dispositions AS h
WHERE h.created_at >= getvariable('period_from')
    AND h.created_at < getvariable('period_to')
ORDER BY h.application, h.session_id, h.block_ordinal, h.item_ordinal
