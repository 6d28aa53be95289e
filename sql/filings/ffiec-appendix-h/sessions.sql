-- One row: a verification that has not been completed.
--
-- Designed to support Appendix H: accounts opened in which verification has not been completed.
--
-- key: cell, application, session_id
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column application sessions.application
-- column session_id sessions.session_id
-- column vendor_data sessions.vendor_data
-- column full_name sessions.full_name
-- column created_at sessions.created_at
-- column status sessions.status
SELECT
    '2_incomplete' AS cell,
    application,
    session_id,
    vendor_data,
    full_name,
    created_at,
    status
FROM members
WHERE coalesce(status NOT IN ('Approved', 'Kyc Expired', 'Declined'), true)
ORDER BY cell, application, session_id
