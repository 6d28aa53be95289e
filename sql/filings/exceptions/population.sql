-- One row: a verification of a natural person that is refused or incomplete.
--
-- Designed to support Appendix H, the lists of incomplete verifications and of adverse action.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column vendor_data sessions.vendor_data
-- column full_name sessions.full_name
-- column created_at sessions.created_at
-- column status sessions.status
-- column exception internal: refused (declined), or incomplete (neither approved nor declined)
-- column last_decision_at decisions.last_at
-- column last_decision_by decisions.last_actor
-- column warnings internal: how many warnings the features of the session raised
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
WITH raised AS (
    SELECT application, session_id, count(*) AS warnings
    FROM warnings
    GROUP BY application, session_id
)
SELECT
    m.application,
    m.session_id,
    m.vendor_data,
    m.full_name,
    m.created_at,
    m.status,
    CASE WHEN m.status = 'Declined' THEN 'refused' ELSE 'incomplete' END AS exception,
    d.last_at AS last_decision_at,
    d.last_actor AS last_decision_by,
    coalesce(w.warnings, 0) AS warnings,
    m.version_seq,
    m.observed_at
FROM members AS m
LEFT JOIN decisions AS d
    ON d.application = m.application
    AND d.session_id = m.session_id
LEFT JOIN raised AS w
    ON w.application = m.application
    AND w.session_id = m.session_id
WHERE coalesce(m.status NOT IN ('Approved', 'Kyc Expired'), true)
ORDER BY m.application, m.session_id
