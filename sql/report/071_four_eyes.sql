-- chapter: Overrides and four-eyes exceptions
-- title: Decisions that a second pair of eyes should see
-- defines: four_eyes_exceptions
-- rows: 10
-- Declined to approved without a comment, or decided by whoever had edited the data.
SELECT session_id, changed_at, to_status, actor, is_without_comment, is_by_editor, edits
FROM four_eyes_exceptions
WHERE changed_at >= getvariable('period_from')
    AND changed_at < getvariable('period_to')
ORDER BY changed_at, session_id
