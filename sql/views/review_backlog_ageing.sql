-- One row: a workflow of which sessions are in review now, with how many there are by the time that they wait.
--
-- Made of review_backlog. A session that waits for just as long as a bound belongs to the older bucket.
--
-- question: How large is the review backlog, and how old?
-- column sessions internal: in review now; the sum of the five that follow
-- column under_1_day internal: sessions
-- column from_1_to_3_days internal: sessions
-- column from_3_to_7_days internal: sessions
-- column from_7_to_30_days internal: sessions
-- column from_30_days internal: sessions
-- column since_not_exact internal: sessions of which the vendor does not tell since when they are in review
-- column oldest_since internal: since when the oldest waits
-- column median_age_days internal: of the sessions
-- example: SELECT sum(sessions) AS sessions, sum(from_30_days) AS from_30_days, min(oldest_since) FROM review_backlog_ageing
CREATE OR REPLACE VIEW review_backlog_ageing AS
SELECT
    application,
    workflow_id,
    any_value(workflow_label) AS workflow_label,
    count(*) AS sessions,
    count(*) FILTER (age_bucket = '<1 day') AS under_1_day,
    count(*) FILTER (age_bucket = '1-3 days') AS from_1_to_3_days,
    count(*) FILTER (age_bucket = '3-7 days') AS from_3_to_7_days,
    count(*) FILTER (age_bucket = '7-30 days') AS from_7_to_30_days,
    count(*) FILTER (age_bucket = '>30 days') AS from_30_days,
    count(*) FILTER (NOT since_is_exact) AS since_not_exact,
    min(since) AS oldest_since,
    median(age_days) AS median_age_days
FROM review_backlog
GROUP BY application, workflow_id
ORDER BY application, workflow_id
