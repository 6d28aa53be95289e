-- One row: a verification of a natural person that was decided in the period, with its first and its last decision.
--
-- Designed to support the review of decisions under AMLR Article 76(5). first and last are of all that is known of the
-- session: an earlier decision may be of an earlier period, a later one of a later period. Where the vendor's rules decided
-- before anything was seen of the session, decided_at is when it was created, and first_decision_at is when it was seen.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column vendor_data sessions.vendor_data
-- column workflow_id sessions.workflow_id
-- column workflow_version sessions.workflow_version
-- column created_at sessions.created_at
-- column status sessions.status
-- column decided_at internal: the last decision within the period: told by the vendor, or seen, or when the session was
--   created; see queries/basis.sql
-- column first_decision decisions.first_status
-- column first_decision_at decisions.first_at
-- column first_decision_by decisions.first_actor
-- column first_is_automatic decisions.first_is_automatic
-- column last_decision decisions.last_status
-- column last_decision_at decisions.last_at
-- column last_decision_by decisions.last_actor
-- column decisions decisions.decisions
-- column was_reviewed decisions.was_reviewed
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
SELECT
    m.application,
    m.session_id,
    m.vendor_data,
    m.workflow_id,
    m.workflow_version,
    m.created_at,
    m.status,
    m.decided_at,
    d.first_status AS first_decision,
    d.first_at AS first_decision_at,
    d.first_actor AS first_decision_by,
    d.first_is_automatic,
    d.last_status AS last_decision,
    d.last_at AS last_decision_at,
    d.last_actor AS last_decision_by,
    coalesce(d.decisions, 0) AS decisions,
    coalesce(d.was_reviewed, false) AS was_reviewed,
    m.version_seq,
    m.observed_at
FROM members AS m
LEFT JOIN decisions AS d
    ON d.application = m.application
    AND d.session_id = m.session_id
ORDER BY m.application, m.session_id
