-- One row: a session that stands declined and in which no person, program or review ever had a part.
--
-- Who is refused by a machine may ask for a person and for an explanation. The reasons are the warnings that the
-- workflow takes for errors; where it has none, those that it takes for warnings.
--
-- question: Whom did the rules decline with nobody involved, and why?
-- column declined_at internal: when; where it was only seen, when it was seen
-- column declined_is_exact internal: the vendor named that instant
-- column risks pii: the codes of the warnings that explain it, in order; null: none does
-- example: SELECT declined_at, session_id, vendor_data_key, risks FROM automatic_declines ORDER BY declined_at DESC
CREATE OR REPLACE VIEW automatic_declines AS
WITH alone AS (
    SELECT application, session_id, vendor_data_key, workflow_id, workflow_label, created_at, last_at AS declined_at, last_is_exact AS declined_is_exact
    FROM decisions
    WHERE status = 'Declined'
        AND NOT was_reviewed
),
reasons AS (
    SELECT
        w.application,
        w.session_id,
        list_sort(list(DISTINCT w.risk) FILTER (w.log_type = 'error')) AS errors,
        list_sort(list(DISTINCT w.risk) FILTER (w.log_type = 'warning')) AS warned
    FROM warnings AS w
    SEMI JOIN (FROM live_sessions WHERE status = 'Declined') AS s
        ON s.application = w.application
        AND s.session_id = w.session_id
    WHERE w.log_type IN ('error', 'warning')
    GROUP BY w.application, w.session_id
)
SELECT
    a.*,
    coalesce(r.errors, r.warned) AS risks
FROM alone AS a
LEFT JOIN reasons AS r
    ON r.application = a.application
    AND r.session_id = a.session_id
