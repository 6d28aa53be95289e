-- One row: a change of a session's status.
--
-- Designed to support the reconstruction of each decision: from which status to which, when, by whom, and with a comment or
-- without. is_exact tells what the vendor named from what was only seen.
--
-- key: application, session_id, number
-- refers: application, session_id to population
-- column application status_changes.application
-- column session_id status_changes.session_id
-- column number internal: of the change within the session, from 1, the oldest first
-- column changed_at status_changes.changed_at
-- column is_exact status_changes.is_exact
-- column not_before status_changes.not_before
-- column from_status status_changes.from_status
-- column to_status status_changes.to_status
-- column actor status_changes.actor
-- column actor_name status_changes.actor_name
-- column has_comment status_changes.has_comment
-- column source status_changes.source
SELECT
    c.application,
    c.session_id,
    row_number() OVER (PARTITION BY c.application, c.session_id ORDER BY c.changed_at, c.from_status, c.to_status, c.actor, c.actor_name, c.has_comment, c.source) AS number,
    c.changed_at,
    c.is_exact,
    c.not_before,
    c.from_status,
    c.to_status,
    c.actor,
    c.actor_name,
    c.has_comment,
    c.source
FROM status_changes AS c
SEMI JOIN members AS m
    ON m.application = c.application
    AND m.session_id = c.session_id
ORDER BY c.application, c.session_id, number
