-- Those of them that the file is about: of persons, and in the applications that were asked for, if any were.
SELECT s.application, s.session_id
FROM sessions AS s
SEMI JOIN subject_sessions AS m
    ON m.application = s.application
    AND m.session_id = s.session_id
WHERE s.session_kind = 'user'
    AND (s.application IN (SELECT value FROM asked WHERE kind = 'application') OR NOT EXISTS (FROM asked WHERE kind = 'application'))
ORDER BY 1, 2;
