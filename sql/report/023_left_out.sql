-- chapter: Data quality and reconciliation
-- title: Sessions that this report leaves out
-- All other sessions are in. Sessions of companies and of the sandbox are not verifications of persons.
SELECT application, reason, sessions
FROM left_out_sessions
ORDER BY application, reason
