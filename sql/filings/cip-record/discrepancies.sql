-- One row: something on which two sources disagree.
--
-- Designed to support 31 CFR 1020.220(a)(3)(i)(D): substantive discrepancies that were discovered. What people did about
-- them is in resolutions.
--
-- key: application, session_id, number
-- refers: application, session_id to population
-- column application sessions.application
-- column session_id sessions.session_id
-- column number internal: of the discrepancy within the session, from 1
-- column source data_conflicts.source
-- column field data_conflicts.field
-- column document_value data_conflicts.document_value
-- column other_value data_conflicts.other_value
SELECT
    c.application,
    c.session_id,
    row_number() OVER (PARTITION BY c.application, c.session_id ORDER BY c.source, c.field, c.document_value, c.other_value) AS number,
    c.source,
    c.field,
    c.document_value,
    c.other_value
FROM data_conflicts AS c
WHERE c.created_at >= getvariable('period_from')
    AND c.created_at < getvariable('period_to')
ORDER BY c.application, c.session_id, number
