-- One row: a session of any kind and environment that was created before the period ended and was open at its end, and in
-- which status; or of which nobody knows whether it was.
--
-- Open is what the applicant, the vendor or a reviewer still works on: every status but Approved, Declined, Abandoned,
-- Expired and Kyc Expired. The status at the end is that of the last change before it. Where there is none it is the one
-- before the first change behind it; where no change is known, the first that was seen, which counts since the session was
-- created. Where a change was only seen between two nights it counts as when it was seen.
--
-- status_then is null where nobody knows it. A session without a time of creation is here if it is not known to be closed.
WITH first AS (
    SELECT
        application,
        session_id,
        min(changed_at) AS changed_at,
        arg_min({'status': if(source = 'observed' AND from_status IS NULL, to_status, from_status)}, (changed_at, source, from_status, to_status)).status AS status
    FROM status_changes
    GROUP BY application, session_id
),
last AS (
    SELECT
        c.application,
        c.session_id,
        arg_max(c.to_status, (c.changed_at, c.source, c.from_status, c.to_status)) AS status
    FROM status_changes AS c
    JOIN first AS f
        ON f.application = c.application
        AND f.session_id = c.session_id
    WHERE c.changed_at < getvariable('period_to')
        AND NOT (c.source = 'observed' AND c.from_status IS NULL AND c.changed_at = f.changed_at)
    GROUP BY c.application, c.session_id
)
SELECT s.application, s.session_id, coalesce(l.status, f.status) AS status_then
FROM sessions AS s
LEFT JOIN first AS f
    ON f.application = s.application
    AND f.session_id = s.session_id
LEFT JOIN last AS l
    ON l.application = s.application
    AND l.session_id = s.session_id
WHERE (s.created_at IS NULL OR s.created_at < getvariable('period_to'))
    AND coalesce(coalesce(l.status, f.status) NOT IN ('Approved', 'Declined', 'Abandoned', 'Expired', 'Kyc Expired'), true)
