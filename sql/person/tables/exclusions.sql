-- One row: a session of the subject that is not in the population, and why.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column reason internal: company (the subject's id is that of a company, too), or application (another one than was asked for)
SELECT
    s.application,
    s.session_id,
    CASE WHEN s.session_kind <> 'user' THEN 'company' ELSE 'application' END AS reason
FROM sessions AS s
SEMI JOIN subject_sessions AS m
    ON m.application = s.application
    AND m.session_id = s.session_id
ANTI JOIN evidence_sessions AS e
    ON e.application = s.application
    AND e.session_id = s.session_id
ORDER BY s.application, s.session_id
