-- One row: a relationship of the organisation that began before the customer was verified, or whose customer never was.
--
-- Verified is a customer with an approved session under the same vendor_data, in any application; the first approval of
-- those that still stand counts. Relationships without a start are here only if their customer was never verified.
-- A start on the day of the approval is in time. Without a file of customers there is one row, which says so.
--
-- question: Which relationships began before the customer was verified?
-- column first_approved_at internal: see approvals; null: never
-- column days_before internal: from the start to the approval, or to knowledge.known_until where there is none
-- column has_ended internal: the relationship ended before knowledge.known_until
-- column sessions internal: live ones of this vendor_data, of any status
-- column why internal: never verified, or verified later
-- column reference internal: day of the file of customers, or none loaded
-- column missing_input internal: what the answer lacks; null: nothing
-- example: SELECT why, count(*) FROM verified_after_start GROUP BY why
CREATE OR REPLACE VIEW verified_after_start AS
WITH approved AS (
    SELECT vendor_data_key, min(first_approved_at) AS first_approved_at
    FROM approvals
    WHERE vendor_data_key IS NOT NULL
    GROUP BY vendor_data_key
),
tried AS (
    SELECT vendor_data_key, count(*) AS sessions
    FROM live_sessions
    WHERE vendor_data_key IS NOT NULL
    GROUP BY vendor_data_key
),
late AS (
    SELECT
        c.vendor_data_key,
        c.vendor_data,
        c.legal_entity,
        c.product,
        c.risk_rating,
        c.relationship_start,
        c.relationship_end,
        a.first_approved_at,
        coalesce((a.first_approved_at AT TIME ZONE 'UTC')::DATE, (k.known_until AT TIME ZONE 'UTC')::DATE) - c.relationship_start AS days_before,
        coalesce(c.relationship_end < (k.known_until AT TIME ZONE 'UTC')::DATE, false) AS has_ended,
        coalesce(t.sessions, 0) AS sessions,
        CASE WHEN a.vendor_data_key IS NULL THEN 'never verified' ELSE 'verified later' END AS why
    FROM firm_customers AS c
    CROSS JOIN knowledge AS k
    LEFT JOIN approved AS a
        ON a.vendor_data_key = c.vendor_data_key
    LEFT JOIN tried AS t
        ON t.vendor_data_key = c.vendor_data_key
    WHERE a.vendor_data_key IS NULL
        OR (a.first_approved_at AT TIME ZONE 'UTC')::DATE > c.relationship_start
)
SELECT
    l.vendor_data_key,
    l.vendor_data,
    l.legal_entity,
    l.product,
    l.risk_rating,
    l.relationship_start,
    l.relationship_end,
    l.first_approved_at,
    l.days_before,
    l.has_ended,
    l.sessions,
    l.why,
    r.reference,
    CASE WHEN r.reference = 'none loaded' THEN 'no file of customers: when relationships began is not known' END AS missing_input
FROM (FROM reference_state WHERE kind = 'customers') AS r
LEFT JOIN late AS l
    ON true
WHERE l.vendor_data_key IS NOT NULL
    OR r.reference = 'none loaded'
