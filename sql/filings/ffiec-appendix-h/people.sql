-- One row: a person who was refused.
--
-- Designed to support Appendix H: customers and potential customers against whom adverse action was taken. A person is a user of
-- an application, or a session without vendor_data.
--
-- key: cell, application, person
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column application sessions.application
-- column person screened_people_on.person
-- column sessions internal: declined in the period
-- column last_declined_at refused_customers.declined_at
-- column declined_by internal: of the last: person, program or system
-- column relationship internal: none, or not known
SELECT
    '3_adverse_action' AS cell,
    application,
    coalesce(vendor_data_key, session_id) AS person,
    count(*) AS sessions,
    max(declined_at) AS last_declined_at,
    arg_max(declined_by, (declined_at, session_id)) AS declined_by,
    min(relationship) AS relationship
FROM refused_customers(getvariable('period_from'), getvariable('period_to') - INTERVAL 1 DAY)
WHERE relationship IN ('none', 'not known')
    AND NOT is_approved_elsewhere
GROUP BY application, coalesce(vendor_data_key, session_id)
ORDER BY cell, application, person
