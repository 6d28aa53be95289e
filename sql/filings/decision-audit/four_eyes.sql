-- One row: a decision that a second pair of eyes should see.
--
-- Designed to support the test of the four-eyes control: a declined session that was approved without a comment, or one that
-- was decided by whoever had edited its data.
--
-- key: application, session_id, number
-- refers: application, session_id to population
-- column application four_eyes_exceptions.application
-- column session_id four_eyes_exceptions.session_id
-- column number internal: of the exception within the session, from 1, the oldest first
-- column changed_at four_eyes_exceptions.changed_at
-- column from_status four_eyes_exceptions.from_status
-- column to_status four_eyes_exceptions.to_status
-- column actor four_eyes_exceptions.actor
-- column actor_name four_eyes_exceptions.actor_name
-- column is_without_comment four_eyes_exceptions.is_without_comment
-- column is_by_editor four_eyes_exceptions.is_by_editor
-- column edits four_eyes_exceptions.edits
SELECT
    e.application,
    e.session_id,
    row_number() OVER (PARTITION BY e.application, e.session_id ORDER BY e.changed_at, e.from_status, e.to_status, e.actor, e.actor_name, e.is_without_comment, e.is_by_editor, e.edits) AS number,
    e.changed_at,
    e.from_status,
    e.to_status,
    e.actor,
    e.actor_name,
    e.is_without_comment,
    e.is_by_editor,
    e.edits
FROM four_eyes_exceptions AS e
SEMI JOIN members AS m
    ON m.application = e.application
    AND m.session_id = e.session_id
ORDER BY e.application, e.session_id, number
