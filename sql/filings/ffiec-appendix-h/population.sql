-- One row: a verification of a natural person that was created in the period.
--
-- Designed to support Appendix H: the verifications that the listings of the period are taken from.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column vendor_data sessions.vendor_data
-- column full_name sessions.full_name
-- column created_at sessions.created_at
-- column status sessions.status
-- column origin sessions.origin
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
SELECT
    application,
    session_id,
    vendor_data,
    full_name,
    created_at,
    status,
    origin,
    version_seq,
    observed_at
FROM members
ORDER BY application, session_id
