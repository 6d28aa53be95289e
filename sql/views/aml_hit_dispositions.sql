-- One row: an AML hit of a live session as it is now, with what it is about and who judged it.
--
-- The vendor itself marks a hit as False Positive when its match score is below the application's threshold. So a
-- False Positive says nothing of whether somebody looked. A hit was judged by a human (a person or a program) when an
-- earlier version of it had another review_status, or when the session's activity says so. The activity need not say
-- which hit it was about: then every hit of the session that is a False Positive counts as judged by a human, and
-- disposition_evidence says "activity of the session". What is a False Positive without any of these was tagged by
-- the machine.
--
-- A hit's category is the gravest of its data sets: sanction, pep, warning, adverse_media, other.
--
-- column hit_id criminal: the vendor's id of the hit
-- column category criminal: sanction, pep, warning, adverse_media or other
-- column data_sets criminal: the hit's data sets as a list
-- column review_status criminal: Unreviewed, Confirmed Match, False Positive or Inconclusive
-- column judged_by criminal: human, machine, or null: nobody yet (Unreviewed)
-- column disposition_evidence criminal: version, activity, activity of the session, or null: the hit has been like
--   that since it was first seen
-- column first_review_status criminal: in the first version that has the hit
-- column first_known_at criminal: when the first version that has the hit was seen
-- column on_list_since criminal: since when the hit can have been open: the session's creation if its first version
--   has the hit, else first_known_at; null where the hit has no id
-- column session_status internal: of the session now
-- example: SELECT judged_by, count(*) FROM aml_hit_dispositions WHERE review_status = 'False Positive' GROUP BY judged_by
CREATE OR REPLACE VIEW aml_hit_dispositions AS
WITH past AS (
    SELECT
        application,
        session_id,
        row_key,
        min(observed_at) AS first_known_at,
        min(version_seq) AS first_seq,
        arg_min(review_status, version_seq) AS first_review_status,
        min(review_status) <> max(review_status) AS has_moved
    FROM aml_hits_versions
    GROUP BY application, session_id, row_key
),
judged AS (
    SELECT
        application,
        session_id,
        string_agg(concat(previous_value::VARCHAR, ' ', new_value::VARCHAR, ' ', metadata::VARCHAR, ' ', extra_json::VARCHAR), ' ') AS said
    FROM activity
    WHERE activity_type = 'AML_HIT_STATUS_UPDATED'
        AND actor_type <> 'SYSTEM'
    GROUP BY application, session_id
),
named AS (
    SELECT
        j.application,
        j.session_id,
        list(h.row_key) AS hits
    FROM judged AS j
    JOIN aml_hits AS h
        ON h.application = j.application
        AND h.session_id = j.session_id
    WHERE contains(j.said, h.row_key)
    GROUP BY j.application, j.session_id
),
begun AS (
    SELECT v.application, v.session_id, min(v.version_seq) AS first_seq
    FROM sessions_versions AS v
    SEMI JOIN aml_hits AS h
        ON h.application = v.application
        AND h.session_id = v.session_id
    GROUP BY v.application, v.session_id
),
now AS (
    SELECT application, session_id, block_ordinal, item_ordinal, row_key, caption, TRY_CAST(datasets AS VARCHAR[]) AS data_sets, match_score, risk_score, review_status
    FROM aml_hits
)
SELECT
    s.application,
    s.session_id,
    s.vendor_data_key,
    s.full_name,
    s.status AS session_status,
    s.upstream_state,
    s.created_at,
    h.block_ordinal,
    h.item_ordinal,
    h.row_key AS hit_id,
    h.caption,
    CASE
        WHEN list_contains(h.data_sets, 'Sanctions') THEN 'sanction'
        WHEN len(list_filter(h.data_sets, lambda d: starts_with(d, 'PEP'))) > 0 THEN 'pep'
        WHEN len(list_filter(h.data_sets, lambda d: starts_with(d, 'Warnings'))) > 0 THEN 'warning'
        WHEN list_contains(h.data_sets, 'Adverse Media') THEN 'adverse_media'
        ELSE 'other'
    END AS category,
    h.data_sets,
    h.match_score,
    h.risk_score,
    h.review_status,
    p.first_review_status,
    p.first_known_at,
    if(p.first_seq = b.first_seq, s.created_at, p.first_known_at) AS on_list_since,
    CASE
        WHEN h.review_status = 'Unreviewed' OR h.review_status IS NULL THEN NULL
        WHEN h.review_status <> 'False Positive' THEN 'human'
        WHEN p.has_moved OR list_contains(n.hits, h.row_key) OR j.said IS NOT NULL AND n.hits IS NULL THEN 'human'
        ELSE 'machine'
    END AS judged_by,
    CASE
        WHEN h.review_status = 'Unreviewed' OR h.review_status IS NULL THEN NULL
        WHEN p.has_moved THEN 'version'
        WHEN list_contains(n.hits, h.row_key) THEN 'activity'
        WHEN j.said IS NOT NULL AND n.hits IS NULL THEN 'activity of the session'
    END AS disposition_evidence
FROM now AS h
JOIN live_sessions AS s
    ON s.application = h.application
    AND s.session_id = h.session_id
LEFT JOIN past AS p
    ON p.application = h.application
    AND p.session_id = h.session_id
    AND p.row_key = h.row_key
LEFT JOIN begun AS b
    ON b.application = h.application
    AND b.session_id = h.session_id
LEFT JOIN judged AS j
    ON j.application = h.application
    AND j.session_id = h.session_id
LEFT JOIN named AS n
    ON n.application = h.application
    AND n.session_id = h.session_id
