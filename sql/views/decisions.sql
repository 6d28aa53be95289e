-- One row: a session of a person in the live environment that was decided at least once, with its first and its last decision.
--
-- A decision is a change of status to Approved or Declined. The first is what the applicant was told first, the last
-- is the one that stands: later ones may have overturned it. A session that was reviewed before its first decision
-- was decided by hand. Where an instant was only seen and not told by the vendor, is_exact is false and the time to
-- the decision is its upper bound.
--
-- question: How was each session decided first and last, by whom, and how long did it take?
-- column month internal: first day of the month, in UTC, in which the session was created
-- column first_at internal: of the first decision
-- column first_status internal: Approved or Declined
-- column first_actor internal: person, program or system
-- column first_is_exact internal: the vendor named the instant of the first decision
-- column last_at internal: of the last decision
-- column last_status internal: Approved or Declined
-- column last_actor internal: person, program or system
-- column last_is_exact internal: the vendor named the instant of the last decision
-- column decisions internal: how often it was decided
-- column first_is_automatic internal: the vendor's rules made the first decision, and the session was not In Review
--   before
-- column was_reviewed internal: it was In Review at some time, or a person or a program decided it
-- column hours_to_first internal: from the session's creation
-- column hours_to_last internal: from the session's creation
-- example: SELECT first_actor, count(*), median(hours_to_first) FROM decisions GROUP BY first_actor
CREATE OR REPLACE VIEW decisions AS
WITH told AS (
    SELECT
        application,
        session_id,
        min(changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS first_at,
        arg_min(to_status, changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS first_status,
        arg_min(actor, changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS first_actor,
        arg_min(is_exact, changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS first_is_exact,
        max(changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS last_at,
        arg_max(to_status, changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS last_status,
        arg_max(actor, changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS last_actor,
        arg_max(is_exact, changed_at) FILTER (to_status IN ('Approved', 'Declined')) AS last_is_exact,
        count(*) FILTER (to_status IN ('Approved', 'Declined')) AS decisions,
        min(changed_at) FILTER (to_status = 'In Review' OR from_status = 'In Review') AS reviewed_at,
        bool_or(to_status = 'In Review' OR coalesce(from_status, '') = 'In Review' OR actor <> 'system') AS was_reviewed
    FROM status_changes
    GROUP BY application, session_id
)
SELECT
    s.application,
    s.session_id,
    s.vendor_data_key,
    s.workflow_id,
    s.workflow_label,
    s.workflow_version,
    s.month,
    s.created_at,
    s.status,
    t.first_at,
    t.first_status,
    t.first_actor,
    t.first_is_exact,
    t.last_at,
    t.last_status,
    t.last_actor,
    t.last_is_exact,
    t.decisions,
    t.first_actor = 'system' AND (t.reviewed_at IS NULL OR t.reviewed_at > t.first_at) AS first_is_automatic,
    t.was_reviewed,
    (epoch(t.first_at) - epoch(s.created_at)) / 3600 AS hours_to_first,
    (epoch(t.last_at) - epoch(s.created_at)) / 3600 AS hours_to_last
FROM told AS t
JOIN live_sessions AS s
    ON s.application = t.application
    AND s.session_id = t.session_id
WHERE t.decisions > 0
