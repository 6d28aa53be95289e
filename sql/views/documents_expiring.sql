-- One row: an identity document of a user's latest approved session that has expired, or will within some days.
--
-- Only the latest approved session of a user counts: a document that was renewed since is not here. Of sessions
-- without vendor_data each counts. Days are counted from knowledge.known_until. A document is good on the last of its
-- days. Readings that were declined do not count.
--
-- question: Which documents of approved users expire within 30, 60 or 90 days, and which have expired already?
-- parameter within_days: how far to look ahead
-- column document_number sensitive: as read
-- column expires_on pii: its last day
-- column days_left internal: until then; negative: it has expired
-- column bucket internal: expired, 30, 60, 90 (days left at most) or later
-- column session_status internal: Approved, or Kyc Expired once the vendor has noticed
-- column vendor_user_status internal: ACTIVE, FLAGGED or BLOCKED; null: the vendor has no such user
-- example: SELECT bucket, count(*) FROM documents_expiring(90) GROUP BY bucket
CREATE OR REPLACE MACRO documents_expiring(within_days := 90) AS TABLE
WITH told AS (
    SELECT application, vendor_data_key, arg_max(status, version_seq) AS status
    FROM users
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
),
soon AS (
    SELECT
        d.application,
        d.session_id,
        d.document_type,
        d.document_number,
        d.issuing_state_iso3,
        d.expiration_date AS expires_on,
        d.expiration_date - (k.known_until AT TIME ZONE 'UTC')::DATE AS days_left
    FROM id_verifications AS d
    CROSS JOIN knowledge AS k
    WHERE d.expiration_date <= (k.known_until AT TIME ZONE 'UTC')::DATE + within_days::INTEGER
        AND d.status IS DISTINCT FROM 'Declined'
)
SELECT
    a.application,
    a.vendor_data_key,
    a.vendor_data,
    a.session_id,
    a.status AS session_status,
    t.status AS vendor_user_status,
    d.document_type,
    d.document_number,
    d.issuing_state_iso3,
    d.expires_on,
    d.days_left,
    CASE
        WHEN d.days_left < 0 THEN 'expired'
        WHEN d.days_left <= 30 THEN '30'
        WHEN d.days_left <= 60 THEN '60'
        WHEN d.days_left <= 90 THEN '90'
        ELSE 'later'
    END AS bucket
FROM soon AS d
JOIN latest_approvals AS a
    ON a.application = d.application
    AND a.session_id = d.session_id
LEFT JOIN told AS t
    ON t.application = a.application
    AND t.vendor_data_key = a.vendor_data_key
