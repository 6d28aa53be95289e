-- One row: a user whose verification is to be done again by a day.
--
-- It is due a number of months after the latest approved session: 12 for a user whom the organisation rates high, 60 for
-- others (Regulation (EU) 2024/1624, article 26(2)). The rating is that of the organisation's own file; without a
-- file, or where the user is not in it or not rated, the longer interval counts, and rating_from says so. Users whose
-- relationship ended before the day are left out. Users who were never approved are not here: see verified_after_start. Where nothing is due and there is no file, one row without a
-- user says that it is missing.
--
-- question: Whose verification is due again by a day, or overdue?
-- parameter on_date: the day; what is due on it is in
-- parameter high_risk_months: interval of users who are rated high
-- parameter other_months: interval of all others
-- column last_approved_at internal: see approvals
-- column risk_rating sensitive: the organisation's; null where it is not known
-- column interval_months internal: the interval that was applied
-- column rating_from internal: reference file, or why the interval is the longer one: no reference file, not in the file, not rated
-- column due_on pii: the day
-- column days_overdue internal: from then to on_date
-- column reference internal: day of the file of customers, or none loaded
-- column missing_input internal: what the answer lacks; null: nothing
-- example: SELECT vendor_data, due_on, days_overdue FROM rekyc_due(DATE '2026-10-31') ORDER BY due_on
CREATE OR REPLACE MACRO rekyc_due(on_date, high_risk_months := 12, other_months := 60) AS TABLE
WITH rated AS (
    SELECT
        a.application,
        a.vendor_data_key,
        a.vendor_data,
        a.session_id,
        a.approved_at AS last_approved_at,
        f.risk_rating,
        CASE WHEN f.risk_rating = 'high' THEN high_risk_months ELSE other_months END AS interval_months,
        CASE
            WHEN r.reference = 'none loaded' THEN 'no reference file'
            WHEN f.vendor_data_key IS NULL THEN 'not in the file'
            WHEN f.risk_rating IS NULL THEN 'not rated'
            ELSE 'reference file'
        END AS rating_from
    FROM latest_approvals AS a
    LEFT JOIN firm_users AS f
        ON f.vendor_data_key = a.vendor_data_key
    CROSS JOIN (FROM reference_state WHERE kind = 'customers') AS r
    WHERE a.vendor_data_key IS NOT NULL
        AND (f.relationship_end IS NULL OR f.relationship_end >= on_date::DATE)
),
due AS (
    SELECT
        *,
        ((last_approved_at AT TIME ZONE 'UTC')::DATE + to_months(interval_months::INTEGER))::DATE AS due_on
    FROM rated
    WHERE ((last_approved_at AT TIME ZONE 'UTC')::DATE + to_months(interval_months::INTEGER))::DATE <= on_date::DATE
)
SELECT
    d.application,
    d.vendor_data_key,
    d.vendor_data,
    d.session_id,
    d.last_approved_at,
    d.risk_rating,
    d.interval_months,
    d.rating_from,
    d.due_on,
    on_date::DATE - d.due_on AS days_overdue,
    r.reference,
    CASE WHEN r.reference = 'none loaded' THEN 'no file of customers: ratings and ends of relationships are not known' END AS missing_input
FROM (FROM reference_state WHERE kind = 'customers') AS r
LEFT JOIN due AS d
    ON true
WHERE d.vendor_data_key IS NOT NULL
    OR r.reference = 'none loaded'
