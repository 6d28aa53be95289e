-- One row: a change of status by a person or a program whose new status is not the last automatic one.
--
-- The last automatic status is the one that the vendor's rules gave last before the change; where no such change is
-- known, the status that the first known change of the session led away from, which can only come from the rules. A
-- change for which neither is known cannot be judged and is not here.
--
-- By this definition a review that ends with a decision is an override of In Review. Where a decision of the rules
-- was overturned, overturns_decision is true; most questions are about these.
--
-- question: Where did people overturn what the rules had decided, in which direction, and with a comment?
-- column automatic_status internal: the last status that the vendor's rules gave
-- column automatic_at internal: when; null where that is not known
-- column from_status internal: the status that it changed; null where not told
-- column to_status internal: the new status
-- column changed_at internal: when
-- column has_comment internal: the change came with a comment
-- column source internal: activity or review
-- column direction internal: automatic and new status: declined to approved, in review to declined, ...
-- column overturns_decision internal: the automatic status was Approved or Declined
-- column actor internal: person or program
-- column actor_name pii: e-mail address, or name of the program; null where unknown
-- example: SELECT direction, actor_name, count(*), count(*) FILTER (NOT has_comment) AS without_comment FROM overrides WHERE overturns_decision GROUP BY ALL
CREATE OR REPLACE VIEW overrides AS
WITH changes AS MATERIALIZED (
    SELECT application, session_id, changed_at, is_exact, from_status, to_status, actor, actor_name, has_comment, source
    FROM status_changes
),
touched AS (
    SELECT DISTINCT application, session_id
    FROM changes
    WHERE actor <> 'system'
),
steps AS (
    SELECT
        c.*,
        last_value(if(c.actor = 'system', c.to_status, NULL) IGNORE NULLS) OVER before AS ruled_status,
        last_value(if(c.actor = 'system', c.changed_at, NULL) IGNORE NULLS) OVER before AS ruled_at,
        first_value(c.from_status) OVER whole AS first_from
    FROM changes AS c
    SEMI JOIN touched AS t
        ON t.application = c.application
        AND t.session_id = c.session_id
    WINDOW
        before AS (PARTITION BY c.application, c.session_id ORDER BY c.changed_at, c.actor = 'system' DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
        whole AS (PARTITION BY c.application, c.session_id ORDER BY c.changed_at, c.actor = 'system' DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
    s.application,
    s.session_id,
    s.vendor_data_key,
    s.workflow_id,
    s.workflow_label,
    t.changed_at,
    coalesce(t.ruled_status, t.first_from) AS automatic_status,
    t.ruled_at AS automatic_at,
    t.from_status,
    t.to_status,
    lower(coalesce(t.ruled_status, t.first_from)) || ' to ' || lower(t.to_status) AS direction,
    coalesce(t.ruled_status, t.first_from) IN ('Approved', 'Declined') AS overturns_decision,
    t.actor,
    t.actor_name,
    t.has_comment,
    t.source
FROM steps AS t
JOIN live_sessions AS s
    ON s.application = t.application
    AND s.session_id = t.session_id
WHERE t.actor <> 'system'
    AND coalesce(t.ruled_status, t.first_from) <> t.to_status
