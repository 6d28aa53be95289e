-- One row: a resubmission: a change to Resubmitted, by which steps must be done again, with what came of it.
--
-- It succeeded when the next decision after it, before any other resubmission, is Approved.
--
-- question: How often must steps be done again, and how often does it help?
-- column resubmitted_at internal: when; where it was only seen, when it was seen
-- column is_exact internal: the vendor named that instant
-- column from_status internal: the status before; null where not told
-- column actor internal: who sent it back: person, program or system
-- column actor_name pii: null where unknown
-- column nth internal: the session's first, second, ... resubmission
-- column next_status internal: the first Approved, Declined, Abandoned or Expired after it; null: none yet, or
--   another resubmission came first
-- column next_at internal: when
-- column outcome internal: approved, declined, abandoned (or expired), sent back again, or open
-- column is_success internal: the outcome is approved
-- column hours_to_next internal: from resubmitted_at to next_at
-- example: SELECT date_trunc('month', resubmitted_at) AS month, count(*) AS resubmissions, count(*) FILTER (is_success) AS successes FROM resubmissions GROUP BY month ORDER BY month
CREATE OR REPLACE VIEW resubmissions AS
WITH changes AS MATERIALIZED (
    SELECT application, session_id, changed_at, is_exact, from_status, to_status, actor, actor_name
    FROM status_changes
),
sent_back AS (
    SELECT DISTINCT application, session_id
    FROM changes
    WHERE to_status = 'Resubmitted'
),
steps AS (
    SELECT
        c.*,
        count(*) FILTER (c.to_status = 'Resubmitted') OVER w AS nth,
        lead(c.to_status) OVER w AS next_status,
        lead(c.changed_at) OVER w AS next_at
    FROM changes AS c
    SEMI JOIN sent_back AS r
        ON r.application = c.application
        AND r.session_id = c.session_id
    WHERE c.to_status IN ('Resubmitted', 'Approved', 'Declined', 'Abandoned', 'Expired')
    WINDOW w AS (PARTITION BY c.application, c.session_id ORDER BY c.changed_at, c.to_status = 'Resubmitted' DESC)
)
SELECT
    s.application,
    s.session_id,
    s.vendor_data_key,
    s.workflow_id,
    s.workflow_label,
    t.changed_at AS resubmitted_at,
    t.is_exact,
    t.from_status,
    t.actor,
    t.actor_name,
    t.nth,
    nullif(t.next_status, 'Resubmitted') AS next_status,
    if(t.next_status <> 'Resubmitted', t.next_at, NULL) AS next_at,
    CASE t.next_status
        WHEN 'Approved' THEN 'approved'
        WHEN 'Declined' THEN 'declined'
        WHEN 'Resubmitted' THEN 'sent back again'
        WHEN 'Abandoned' THEN 'abandoned'
        WHEN 'Expired' THEN 'abandoned'
        ELSE 'open'
    END AS outcome,
    coalesce(t.next_status = 'Approved', false) AS is_success,
    if(t.next_status <> 'Resubmitted', (epoch(t.next_at) - epoch(t.changed_at)) / 3600, NULL) AS hours_to_next
FROM steps AS t
JOIN live_sessions AS s
    ON s.application = t.application
    AND s.session_id = t.session_id
WHERE t.to_status = 'Resubmitted'
