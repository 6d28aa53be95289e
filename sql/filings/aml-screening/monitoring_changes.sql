-- One row: a hit that came, went or was judged otherwise in the period, of any session that had been screened before.
--
-- Designed to support AMLR Article 26(4): what the ongoing monitoring changed. The session may be of an earlier period.
--
-- key: application, session_id, number
-- column application sessions.application
-- column session_id sessions.session_id
-- column number internal: of the change within the session, from 1, the oldest first
-- column seen_at aml_monitoring_changes.seen_at
-- column hit_id aml_monitoring_changes.hit_id
-- column change aml_monitoring_changes.change
-- column review_status_before aml_monitoring_changes.review_status_before
-- column review_status aml_monitoring_changes.review_status
-- column session_status_before aml_monitoring_changes.session_status_before
-- column session_status aml_monitoring_changes.session_status
-- column reviewed_at aml_monitoring_changes.reviewed_at
SELECT
    c.application,
    c.session_id,
    row_number() OVER (PARTITION BY c.application, c.session_id ORDER BY c.seen_at, c.hit_id, c.change, c.review_status_before, c.review_status) AS number,
    c.seen_at,
    c.hit_id,
    c.change,
    c.review_status_before,
    c.review_status,
    c.session_status_before,
    c.session_status,
    c.reviewed_at
FROM aml_monitoring_changes(getvariable('period_from'), getvariable('period_to') - INTERVAL 1 DAY) AS c
WHERE c.change <> 'rescored'
ORDER BY c.application, c.session_id, number
