-- One row: a live session that the vendor will delete, or has deleted, before the law lets its evidence go.
--
-- The vendor deletes a session retention_months after its creation; the number is a setting of the application in the
-- vendor's console, which no answer of the vendor's tells. The evidence must be kept for required_years from the end of
-- the relationship. While a relationship goes on, and where nobody knows better, that is counted from
-- knowledge.known_until, so that the session is at risk when less than required_years would remain: such users have
-- basis now. Files, such as images, are at the vendor alone: what the warehouse has are the values.
--
-- question: Which sessions will the vendor delete before we may let them go?
-- parameter retention_months: after which the vendor deletes a session
-- parameter required_years: for which the evidence must be kept
-- column deleted_on internal: when the vendor deletes it, or the day on which it was gone
-- column days_left internal: from knowledge.known_until until then; negative: it should be gone
-- column basis internal: relationship end, or now
-- column required_until internal: the first day on which it may go
-- column days_short internal: from deleted_on until then
-- column reference internal: day of the file of customers, or none loaded
-- column missing_input internal: what the answer lacks; null: nothing
-- example: SELECT basis, count(*), min(deleted_on) FROM evidence_at_risk(12) GROUP BY basis
CREATE OR REPLACE MACRO evidence_at_risk(retention_months, required_years := 5) AS TABLE
WITH dated AS (
    SELECT
        s.application,
        s.session_id,
        s.vendor_data_key,
        s.status,
        s.created_at,
        s.upstream_state,
        (k.known_until AT TIME ZONE 'UTC')::DATE AS today,
        coalesce(
            CASE WHEN s.upstream_state = 'deleted' THEN (s.upstream_gone_at AT TIME ZONE 'UTC')::DATE END,
            ((s.created_at AT TIME ZONE 'UTC')::DATE + to_months(retention_months::INTEGER))::DATE
        ) AS deleted_on,
        CASE WHEN f.relationship_end < (k.known_until AT TIME ZONE 'UTC')::DATE THEN 'relationship end' ELSE 'now' END AS basis,
        (least(coalesce(f.relationship_end, (k.known_until AT TIME ZONE 'UTC')::DATE), (k.known_until AT TIME ZONE 'UTC')::DATE)
            + to_years(required_years::INTEGER))::DATE AS required_until,
        r.reference
    FROM live_sessions AS s
    CROSS JOIN knowledge AS k
    CROSS JOIN (FROM reference_state WHERE kind = 'customers') AS r
    LEFT JOIN firm_users AS f
        ON f.vendor_data_key = s.vendor_data_key
    WHERE s.is_decided
)
SELECT
    application,
    session_id,
    vendor_data_key,
    status,
    created_at,
    upstream_state,
    deleted_on,
    deleted_on - today AS days_left,
    basis,
    required_until,
    required_until - deleted_on AS days_short,
    reference,
    CASE WHEN reference = 'none loaded' THEN 'no file of customers: ends of relationships are not known, and all are counted from now' END AS missing_input
FROM dated
WHERE deleted_on < required_until
    AND required_until > today
