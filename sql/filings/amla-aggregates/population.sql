-- One row: a verification of a natural person that was decided in the period.
--
-- Designed to support the aggregates: what the numbers of the period are taken from. The numbers as of its end are of all
-- customers, whenever they were verified.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column vendor_data sessions.vendor_data
-- column created_at sessions.created_at
-- column status sessions.status
-- column decided_at internal: the last decision within the period; see queries/basis.sql
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
SELECT
    application,
    session_id,
    vendor_data,
    created_at,
    status,
    decided_at,
    version_seq,
    observed_at
FROM members
ORDER BY application, session_id
