-- One row: a session of a person in the live environment that was created in the period.
FROM live_sessions
WHERE created_at >= getvariable('period_from')
    AND created_at < getvariable('period_to')
