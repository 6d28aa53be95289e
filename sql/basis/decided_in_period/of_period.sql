-- One row: a session of any kind and environment that was decided in the period, and when; or of which nobody knows when.
--
-- A decision is a change to Approved or Declined. Where a session was decided already before the first change that is
-- known of it, the vendor's rules decided, and that counts as when it was created: they take minutes. So it is in
-- approvals and in refused_customers. Where a change was only seen between two nights it counts as when it was seen. A
-- session may be of several periods, once of each; decided_at is the last decision in this one.
--
-- A session whose status says that it was decided, and of which no decision has an instant, is here with a null, in each
-- period that did not end before it was created.
WITH first AS (
    SELECT
        application,
        session_id,
        min(changed_at) AS changed_at,
        arg_min({'status': if(source = 'observed' AND from_status IS NULL, to_status, from_status)}, (changed_at, source, from_status, to_status)).status AS status
    FROM status_changes
    GROUP BY application, session_id
),
decided AS (
    SELECT c.application, c.session_id, c.changed_at AS decided_at
    FROM status_changes AS c
    JOIN first AS f
        ON f.application = c.application
        AND f.session_id = c.session_id
    WHERE c.to_status IN ('Approved', 'Declined')
        AND NOT (c.source = 'observed' AND c.from_status IS NULL AND c.changed_at = f.changed_at)
    UNION ALL
    SELECT s.application, s.session_id, s.created_at
    FROM sessions AS s
    JOIN first AS f
        ON f.application = s.application
        AND f.session_id = s.session_id
    WHERE f.status IN ('Approved', 'Declined', 'Kyc Expired')
),
known AS (
    SELECT
        application,
        session_id,
        count(decided_at) AS decisions,
        max(decided_at) FILTER (decided_at >= getvariable('period_from') AND decided_at < getvariable('period_to')) AS decided_at
    FROM decided
    GROUP BY application, session_id
)
SELECT s.application, s.session_id, k.decided_at
FROM sessions AS s
LEFT JOIN known AS k
    ON k.application = s.application
    AND k.session_id = s.session_id
WHERE k.decided_at IS NOT NULL
    OR coalesce(k.decisions, 0) = 0
        AND s.status IN ('Approved', 'Declined', 'Kyc Expired')
        AND (s.created_at IS NULL OR s.created_at < getvariable('period_to'))
