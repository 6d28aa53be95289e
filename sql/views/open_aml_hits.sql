-- One row: an AML hit that nobody has reviewed, with its age and its risk.
--
-- Hits of sessions that the vendor has deleted are not in. The age is asked of the newest night, not of the clock.
--
-- question: Which AML hits are open, since when, and how grave are they?
-- column hit_id criminal: the vendor's id of the hit
-- column category criminal: the gravest of its data sets: sanction, pep, warning, adverse_media or other
-- column data_sets criminal: as a list
-- column session_status internal: of the session
-- column open_since criminal: creation of the session if its first version has the hit, else when the hit was first
--   seen
-- column age_days criminal: from open_since until knowledge.known_until
-- example: SELECT session_id, category, risk_score, match_score, age_days FROM open_aml_hits ORDER BY risk_score DESC, age_days DESC LIMIT 20
CREATE OR REPLACE VIEW open_aml_hits AS
SELECT
    h.application,
    h.session_id,
    h.vendor_data_key,
    h.full_name,
    h.session_status,
    h.hit_id,
    h.caption,
    h.category,
    h.data_sets,
    h.match_score,
    h.risk_score,
    h.on_list_since AS open_since,
    (epoch(k.known_until) - epoch(h.on_list_since)) / 86400 AS age_days
FROM aml_hit_dispositions AS h
CROSS JOIN knowledge AS k
WHERE h.review_status = 'Unreviewed'
    AND h.upstream_state IS DISTINCT FROM 'deleted'
