-- One row: a decision by a person or a program whose new status is not the last automatic one.
--
-- Designed to support EBA/GL/2022/15: where people and the solution disagree.
--
-- key: application, session_id, number
-- refers: application, session_id to population
-- column application overrides.application
-- column session_id overrides.session_id
-- column number internal: of the override within the session, from 1, the oldest first
-- column changed_at overrides.changed_at
-- column automatic_status overrides.automatic_status
-- column to_status overrides.to_status
-- column direction overrides.direction
-- column overturns_decision overrides.overturns_decision
-- column actor overrides.actor
-- column actor_name overrides.actor_name
-- column has_comment overrides.has_comment
SELECT
    o.application,
    o.session_id,
    row_number() OVER (PARTITION BY o.application, o.session_id ORDER BY o.changed_at, o.automatic_status, o.to_status, o.actor, o.actor_name, o.has_comment) AS number,
    o.changed_at,
    o.automatic_status,
    o.to_status,
    o.direction,
    o.overturns_decision,
    o.actor,
    o.actor_name,
    o.has_comment
FROM overrides AS o
SEMI JOIN members AS m
    ON m.application = o.application
    AND m.session_id = o.session_id
ORDER BY o.application, o.session_id, number
