-- All sessions of the subject, of every kind and in every application.
SELECT
    s.application,
    count(*) AS sessions
FROM sessions AS s
SEMI JOIN subject_sessions AS m
    ON m.application = s.application
    AND m.session_id = s.session_id
GROUP BY s.application
ORDER BY s.application
