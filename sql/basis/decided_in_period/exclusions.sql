-- One row: a session that was decided in the period and is not in the population, and why.
--
-- A session of which nobody knows when it was decided may be of any period since its creation: it is named in each.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column reason internal: company (not a natural person), sandbox (a test), or decision time not known
SELECT
    s.application,
    s.session_id,
    CASE
        WHEN s.session_kind <> 'user' THEN 'company'
        WHEN s.environment = 'sandbox' THEN 'sandbox'
        ELSE 'decision time not known'
    END AS reason
FROM sessions AS s
JOIN of_period AS p
    ON p.application = s.application
    AND p.session_id = s.session_id
WHERE p.decided_at IS NULL
    OR s.session_kind <> 'user'
    OR s.environment = 'sandbox'
ORDER BY s.application, s.session_id
