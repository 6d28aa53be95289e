-- One row: a session of a person in the live environment that was decided in the period, with when it was last decided in it.
SELECT s.*, p.decided_at
FROM live_sessions AS s
JOIN of_period AS p
    ON p.application = s.application
    AND p.session_id = s.session_id
WHERE p.decided_at IS NOT NULL
