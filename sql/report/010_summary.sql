-- chapter: The month at a glance
-- title: Key figures
-- chart: tiles
-- Rates are explained in the annex. Backlog, open hits and what is due are those of the day on which the data were read.
SELECT
    (SELECT coalesce(sum(sessions), 0) FROM outcomes_by_month WHERE month = getvariable('period_from')) AS "sessions created",
    (SELECT sum(approved) / nullif(sum(approved) + sum(declined), 0) FROM outcomes_by_month WHERE month = getvariable('period_from')) AS "approval rate of these",
    (SELECT sum(straight_through) / nullif(sum(decided), 0) FROM straight_through_by_month WHERE month = getvariable('period_from')) AS "straight-through rate",
    (SELECT coalesce(sum(sessions), 0) FROM review_backlog_ageing) AS "in review now",
    (SELECT count(*) FROM open_aml_hits) AS "AML hits not reviewed",
    (SELECT count(*) FROM rekyc_due(getvariable('period_to')) WHERE due_on IS NOT NULL) AS "re-verification due",
    (SELECT count(*) FROM documents_expiring(0) WHERE bucket = 'expired') AS "documents expired",
    (SELECT count(*) FROM checks WHERE NOT is_passed AND severity = 'critical') AS "critical data checks failed"
