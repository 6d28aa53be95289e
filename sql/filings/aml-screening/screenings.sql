-- One row: a search for a person in the lists.
--
-- Designed to support AMLR Article 26: that and when a person was searched for, under which name, and with which outcome.
--
-- key: application, session_id, block_ordinal
-- refers: application, session_id to population
-- column application aml_screenings.application
-- column session_id aml_screenings.session_id
-- column block_ordinal aml_screenings.block_ordinal
-- column status aml_screenings.status
-- column total_hits aml_screenings.total_hits
-- column score aml_screenings.score
-- column screened_full_name aml_screenings.screened_full_name
-- column screened_date_of_birth aml_screenings.screened_date_of_birth
-- column screened_nationality aml_screenings.screened_nationality_iso3
-- column is_monitored aml_screenings.is_ongoing_monitoring_enabled
-- column last_check aml_screenings.ongoing_monitoring_last_check
SELECT
    a.application,
    a.session_id,
    a.block_ordinal,
    a.status,
    a.total_hits,
    a.score,
    a.screened_full_name,
    a.screened_date_of_birth,
    a.screened_nationality_iso3 AS screened_nationality,
    a.is_ongoing_monitoring_enabled AS is_monitored,
    a.ongoing_monitoring_last_check AS last_check
FROM aml_screenings AS a
SEMI JOIN members AS m
    ON m.application = a.application
    AND m.session_id = a.session_id
ORDER BY a.application, a.session_id, a.block_ordinal
