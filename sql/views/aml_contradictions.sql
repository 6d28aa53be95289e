-- One row: a session whose AML hits say another thing than its status, or than its user's.
--
-- The vendor does not work the status out anew when a hit is judged, so that these are normal, and somebody must
-- look:
--
--   cleared, in review: session and screening are In Review, though each of the hits is a False Positive
--   confirmed, approved: a hit is a Confirmed Match and the session is Approved
--   confirmed, user active: a hit is a Confirmed Match, the session is not Approved, and the user is ACTIVE
--
-- Sessions that the vendor has deleted are not in.
--
-- question: Where do AML hits and statuses contradict each other?
-- column contradiction criminal: cleared, in review; confirmed, approved; or confirmed, user active
-- column session_status internal: of the session
-- column user_status internal: of the user; null: not known
-- column hits criminal: of the session
-- column false_positives criminal: hits with that status
-- column confirmed criminal: hits with status Confirmed Match
-- column confirmed_categories criminal: of the confirmed hits, each once
-- column highest_confirmed_risk criminal: the highest risk_score of the confirmed hits
-- example: SELECT contradiction, count(*) FROM aml_contradictions GROUP BY contradiction
CREATE OR REPLACE VIEW aml_contradictions AS
WITH hits AS (
    SELECT
        application,
        session_id,
        any_value(vendor_data_key) AS vendor_data_key,
        any_value(full_name) AS full_name,
        any_value(session_status) AS session_status,
        count(*) AS hits,
        count(*) FILTER (review_status = 'False Positive') AS false_positives,
        count(*) FILTER (review_status = 'Confirmed Match') AS confirmed,
        list_sort(list(DISTINCT category) FILTER (review_status = 'Confirmed Match')) AS confirmed_categories,
        max(risk_score) FILTER (review_status = 'Confirmed Match') AS highest_confirmed_risk
    FROM aml_hit_dispositions
    WHERE upstream_state IS DISTINCT FROM 'deleted'
    GROUP BY application, session_id
),
screened AS (
    SELECT DISTINCT application, session_id
    FROM aml_screenings
    WHERE status = 'In Review'
),
people AS (
    SELECT application, vendor_data_key, arg_max(status, version_seq) AS status
    FROM users
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
),
judged AS (
    SELECT
        h.*,
        u.status AS user_status,
        CASE
            WHEN h.session_status = 'In Review' AND r.session_id IS NOT NULL AND h.false_positives = h.hits THEN 'cleared, in review'
            WHEN h.confirmed > 0 AND h.session_status = 'Approved' THEN 'confirmed, approved'
            WHEN h.confirmed > 0 AND u.status = 'ACTIVE' THEN 'confirmed, user active'
        END AS contradiction
    FROM hits AS h
    LEFT JOIN screened AS r
        ON r.application = h.application
        AND r.session_id = h.session_id
    LEFT JOIN people AS u
        ON u.application = h.application
        AND u.vendor_data_key = h.vendor_data_key
)
SELECT
    application,
    session_id,
    contradiction,
    vendor_data_key,
    full_name,
    session_status,
    user_status,
    hits,
    false_positives,
    confirmed,
    confirmed_categories,
    highest_confirmed_risk
FROM judged
WHERE contradiction IS NOT NULL
ORDER BY application, contradiction, session_id
