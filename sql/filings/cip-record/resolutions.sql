-- One row: a decision about a session by a person or a program of the organisation.
--
-- Designed to support 31 CFR 1020.220(a)(3)(i)(D): the resolution of discrepancies. The vendor does not tell which
-- discrepancy a decision is about.
--
-- key: application, session_id, number
-- refers: application, session_id to population
-- column application sessions.application
-- column session_id sessions.session_id
-- column number internal: of the decision within the session, from 1, the oldest first
-- column changed_at status_changes.changed_at
-- column from_status status_changes.from_status
-- column to_status status_changes.to_status
-- column actor status_changes.actor
-- column actor_name status_changes.actor_name
-- column has_comment status_changes.has_comment
SELECT
    c.application,
    c.session_id,
    row_number() OVER (PARTITION BY c.application, c.session_id ORDER BY c.changed_at, c.from_status, c.to_status, c.actor, c.actor_name, c.has_comment) AS number,
    c.changed_at,
    c.from_status,
    c.to_status,
    c.actor,
    c.actor_name,
    c.has_comment
FROM status_changes AS c
SEMI JOIN members AS m
    ON m.application = c.application
    AND m.session_id = c.session_id
WHERE c.actor <> 'system'
ORDER BY c.application, c.session_id, number
