-- One row: an AML screening whose score is not the highest risk of its hits that are no false positives.
--
-- The vendor rounds, hence a tenth is no difference. Where all hits are false positives nothing is asked.
--
-- severity: warning
-- owner: compliance
-- dimension: reconciliation
WITH hits AS (
    SELECT application, session_id, block_ordinal, max(risk_score) AS risk
    FROM aml_hits
    WHERE review_status IS DISTINCT FROM 'False Positive'
        AND version_seq > $since
    GROUP BY ALL
)
SELECT
    a.session_id AS id,
    'screening ' || a.block_ordinal || ' has another score than its gravest hit' AS detail
FROM aml_screenings AS a
JOIN hits AS h
    ON h.application = a.application
    AND h.session_id = a.session_id
    AND h.block_ordinal = a.block_ordinal
WHERE a.version_seq > $since
    AND abs(a.score - h.risk) > 0.1
