-- One row: a session of the period that is no exception, or not of a natural person in the live environment, and why.
--
-- A session of which nobody knows when it was created may be of any period: it is named in each.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column reason internal: approved, company (not a natural person), sandbox (a test), or creation time not known
SELECT
    application,
    session_id,
    CASE
        WHEN session_kind <> 'user' THEN 'company'
        WHEN environment = 'sandbox' THEN 'sandbox'
        WHEN created_at IS NULL THEN 'creation time not known'
        ELSE 'approved'
    END AS reason
FROM sessions
WHERE created_at IS NULL
    OR created_at >= getvariable('period_from')
        AND created_at < getvariable('period_to')
        AND (session_kind <> 'user' OR environment = 'sandbox' OR status IN ('Approved', 'Kyc Expired'))
ORDER BY application, session_id
