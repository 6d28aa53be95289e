-- One row: a reason for which sessions are not in live_sessions, with how many there are.
--
-- The sessions of live_sessions and these are all sessions.
--
-- question: How many sessions do the other answers leave out, and why?
-- column reason internal: company, or sandbox
-- column sessions internal: how many
-- column latest_created_at internal: when the newest of them was created
-- example: SELECT * FROM left_out_sessions
CREATE OR REPLACE VIEW left_out_sessions AS
SELECT
    application,
    CASE WHEN session_kind = 'user' THEN 'sandbox' ELSE 'company' END AS reason,
    count(*) AS sessions,
    max(created_at) AS latest_created_at
FROM sessions
WHERE session_kind <> 'user'
    OR environment = 'sandbox'
GROUP BY application, reason
ORDER BY application, reason
