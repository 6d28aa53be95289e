-- One row: a session of a person in the live environment that was open at the end of the period, with its status then. One
-- that the vendor had deleted by then waits for nobody and is not here.
SELECT s.*, p.status_then
FROM live_sessions AS s
JOIN of_period AS p
    ON p.application = s.application
    AND p.session_id = s.session_id
WHERE s.created_at IS NOT NULL
    AND p.status_then IS NOT NULL
    AND NOT coalesce(s.upstream_state = 'deleted' AND s.upstream_gone_at < getvariable('period_to'), false)
