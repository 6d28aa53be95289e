-- One row: a user, and whether they are verified right now.
--
-- A user is an application's vendor_data without regard to case. Sandbox sessions do not count, and sessions that the
-- vendor has deleted do. Right now is knowledge.known_until.
--
-- The verdict is the first of these that is true:
--   verified: there is an approved session which has not expired, and none that was created later is declined.
--   in review: the most recent session is In Review.
--   declined since: a session that was created after the latest approved one is declined.
--   expired: the latest approved session has expired, as have all others: the vendor says so, its expires_at is over, or
--   the first of its approved identity documents has expired.
--   never: no session is approved.
--
-- The approved session that is shown is the one that a verified user is verified by: the latest of those that have not
-- expired and were not followed by a decline. Of other users it is the latest approved one.
--
-- question: Is this user verified right now, and why?
-- column sessions internal: how many the user has
-- column last_session_id pii: the most recent
-- column last_created_at internal: of the most recent session
-- column last_status internal: of the most recent session
-- column approved_session_id pii: the approved one, see above; the next four are of it
-- column approved_at internal: see approvals
-- column approved_days internal: midnights in UTC since then
-- column expires_at internal: as the vendor says
-- column document_expires_on pii: the first of its approved identity documents
-- column vendor_user_status internal: what the vendor says of the user: ACTIVE, FLAGGED or BLOCKED
-- column vendor_features internal: latest status of each feature, as the vendor sums it up; user_features works it out from the sessions
-- column verdict internal: verified, in review, declined since, expired or never
-- column has_expired internal: the approved session has expired; false where there is none
-- column was_declined internal: a session that was created after the approved one is declined
-- example: SELECT verdict, count(*) FROM user_verification GROUP BY verdict
CREATE OR REPLACE VIEW user_verification AS
WITH mine AS (
    SELECT
        application,
        vendor_data_key,
        min(vendor_data) AS vendor_data,
        count(*) AS sessions,
        arg_max({'session_id': session_id, 'created_at': created_at, 'status': status}, created_at) AS last,
        max(created_at) FILTER (status = 'Declined') AS declined_created_at
    FROM live_sessions
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
),
told AS (
    SELECT
        application,
        vendor_data_key,
        min(vendor_data) AS vendor_data,
        arg_max(status, version_seq) AS status,
        arg_max(features, version_seq) AS features
    FROM users
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
),
document AS (
    SELECT application, session_id, min(expiration_date) AS expires_on
    FROM id_verifications
    WHERE status IN ('Approved', 'Expired')
    GROUP BY application, session_id
),
approved AS (
    SELECT
        a.application,
        a.vendor_data_key,
        a.session_id,
        a.approved_at,
        a.expires_at,
        d.expires_on,
        coalesce(a.status = 'Kyc Expired' OR a.expires_at <= k.known_until OR d.expires_on < (k.known_until AT TIME ZONE 'UTC')::DATE, false) AS has_expired,
        coalesce(m.declined_created_at > a.created_at, false) AS was_declined
    FROM approvals AS a
    CROSS JOIN knowledge AS k
    JOIN mine AS m
        ON m.application = a.application
        AND m.vendor_data_key = a.vendor_data_key
    LEFT JOIN document AS d
        ON d.application = a.application
        AND d.session_id = a.session_id
),
chosen AS (
    SELECT
        application,
        vendor_data_key,
        arg_max({'session_id': session_id, 'approved_at': approved_at, 'expires_at': expires_at, 'expires_on': expires_on, 'has_expired': has_expired, 'was_declined': was_declined},
            (NOT has_expired AND NOT was_declined, approved_at)) AS of
    FROM approved
    GROUP BY application, vendor_data_key
),
held AS (
    SELECT
        coalesce(m.application, t.application) AS application,
        coalesce(m.vendor_data_key, t.vendor_data_key) AS vendor_data_key,
        coalesce(m.vendor_data, t.vendor_data) AS vendor_data,
        coalesce(m.sessions, 0) AS sessions,
        m.last,
        t.status AS vendor_user_status,
        t.features AS vendor_features
    FROM mine AS m
    FULL JOIN told AS t
        ON t.application = m.application
        AND t.vendor_data_key = m.vendor_data_key
),
judged AS (
    SELECT
        h.*,
        a.of.session_id AS approved_session_id,
        a.of.approved_at AS approved_at,
        a.of.expires_at AS expires_at,
        a.of.expires_on AS document_expires_on,
        k.known_until,
        coalesce(a.of.has_expired, false) AS has_expired,
        coalesce(a.of.was_declined, false) AS was_declined
    FROM held AS h
    LEFT JOIN chosen AS a
        ON a.application = h.application
        AND a.vendor_data_key = h.vendor_data_key
    CROSS JOIN knowledge AS k
)
SELECT
    application,
    vendor_data_key,
    vendor_data,
    CASE
        WHEN approved_session_id IS NOT NULL AND NOT has_expired AND NOT was_declined THEN 'verified'
        WHEN last.status = 'In Review' THEN 'in review'
        WHEN was_declined THEN 'declined since'
        WHEN approved_session_id IS NOT NULL THEN 'expired'
        ELSE 'never'
    END AS verdict,
    sessions,
    last.session_id AS last_session_id,
    last.created_at AS last_created_at,
    last.status AS last_status,
    approved_session_id,
    approved_at,
    date_diff('day', approved_at AT TIME ZONE 'UTC', known_until AT TIME ZONE 'UTC') AS approved_days,
    expires_at,
    document_expires_on,
    has_expired,
    was_declined,
    vendor_user_status,
    vendor_features
FROM judged
