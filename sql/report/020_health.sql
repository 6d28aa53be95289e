-- chapter: Data quality and reconciliation
-- title: What the last night left open
-- rows: 14
-- The night's own account, topic by topic: control totals are the vendor's counts held against ours, promises how old our
-- knowledge of a session may be.
SELECT application, topic, state, figure, note
FROM sync_health
ORDER BY state, application, topic
