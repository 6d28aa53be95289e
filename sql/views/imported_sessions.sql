-- One row: a session of a person that was not made here but brought in: imported, migrated or shared by a partner.
--
-- The vendor does not mark it in its answers. What tells are sessions.origin, worked out by a rule that origin_rule
-- names, session_type MIGRATED where the vendor gives it, and matches that name an import as their source. Which partner
-- shared it, no answer of the vendor's tells; what the organisation wrote into metadata at the import stands here.
--
-- question: Which sessions were imported or shared by others, and by whom?
-- column told_by internal: origin or session type
-- column partner internal: always null: the vendor does not tell it
-- column missing_input internal: what the answer lacks
-- example: SELECT told_by, origin_rule, count(*) FROM imported_sessions GROUP BY ALL
CREATE OR REPLACE VIEW imported_sessions AS
SELECT
    application,
    session_id,
    vendor_data_key,
    created_at,
    status,
    CASE WHEN origin = 'imported' THEN 'origin' ELSE 'session type' END AS told_by,
    origin_rule,
    session_type,
    NULL::VARCHAR AS partner,
    metadata,
    'the vendor does not tell which partner shared a session' AS missing_input
FROM live_sessions
WHERE origin = 'imported'
    OR session_type = 'MIGRATED'
