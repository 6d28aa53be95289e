-- One row: what somebody wrote about a verification of the subject, or about the subject.
--
-- key: number
-- column number internal: from 1, in order of time
-- column written_at internal: by the vendor's clock; null: not known
-- column application sessions.application
-- column session_id pii: null: it is about the user
-- column written_by pii: e-mail address or name
-- column about internal: what was done: a status that was given, or the kind of activity
-- column note sensitive: in the words of who wrote it
-- column source internal: review, activity or user
WITH notes AS (
    SELECT r.created_at AS written_at, r.application, r.session_id, r.reviewer AS written_by, r.new_status AS about, r.comment AS note, 'review' AS source
    FROM reviews AS r
    SEMI JOIN evidence_sessions AS e
        ON e.application = r.application
        AND e.session_id = r.session_id
    WHERE r.comment <> ''
    UNION ALL
    SELECT a.created_at, a.application, a.session_id, coalesce(a.actor_email, a.actor_display), a.activity_type, a.comment, 'activity'
    FROM activity AS a
    SEMI JOIN evidence_sessions AS e
        ON e.application = a.application
        AND e.session_id = a.session_id
    WHERE a.comment <> ''
    UNION ALL
    SELECT c.created_at, c.application, NULL, coalesce(c.actor_email, c.actor_name), c.comment_type, c.comment, 'user'
    FROM user_comments AS c
    SEMI JOIN evidence_users AS u
        ON u.application = c.application
        AND u.user_id = c.user_id
    WHERE c.comment <> ''
)
SELECT
    row_number() OVER (ORDER BY written_at, application, session_id, source, written_by, about, note) AS number,
    written_at,
    application,
    session_id,
    written_by,
    about,
    note,
    source
FROM notes
ORDER BY number
