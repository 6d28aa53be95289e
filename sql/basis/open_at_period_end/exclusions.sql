-- One row: a session that was open at the end of the period, or may have been, and is not in the population, and why.
--
-- A session without a time of creation, or whose status at the end nobody knows, may be of any period: it is named in each.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column reason internal: company (not a natural person), sandbox (a test), deleted (by the vendor, before the end),
--   creation time not known, or status not known
SELECT
    s.application,
    s.session_id,
    CASE
        WHEN s.session_kind <> 'user' THEN 'company'
        WHEN s.environment = 'sandbox' THEN 'sandbox'
        WHEN s.upstream_state = 'deleted' AND s.upstream_gone_at < getvariable('period_to') THEN 'deleted'
        WHEN s.created_at IS NULL THEN 'creation time not known'
        ELSE 'status not known'
    END AS reason
FROM sessions AS s
JOIN of_period AS p
    ON p.application = s.application
    AND p.session_id = s.session_id
WHERE s.session_kind <> 'user'
    OR s.environment = 'sandbox'
    OR s.upstream_state = 'deleted' AND s.upstream_gone_at < getvariable('period_to')
    OR s.created_at IS NULL
    OR p.status_then IS NULL
ORDER BY s.application, s.session_id
