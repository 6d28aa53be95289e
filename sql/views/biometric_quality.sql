-- One row: a month, workflow, workflow version and kind of check, with how its scores are distributed.
--
-- Each test of liveness and each comparison of faces counts, also when a session has several. Scores are 0 to 100.
-- Where a new version of a workflow or a month moves the shares of the lower bands, the remote solution has changed.
-- The vendor tells the workflow's version of some sessions only: null stands for the others.
--
-- question: How good are liveness and face scores, and do they drift with time or with a new version of the workflow?
-- column month internal: first day of the month, in UTC, in which the sessions were created
-- column checked internal: LIVENESS or FACE_MATCH
-- column method internal: of the liveness test: PASSIVE, ACTIVE_3D or FLASHING; null: a face match, or not told
-- column checks internal: with a score or without
-- column scored internal: with a score; the sum of the five that follow
-- column below_50 internal: checks
-- column from_50_to_70 internal: checks, lower bound in, upper bound out
-- column from_70_to_80 internal: checks
-- column from_80_to_90 internal: checks
-- column from_90 internal: checks
-- column mean_score internal: of the scored ones
-- column p10_score internal: of the scored ones: nine of ten are at least as good
-- column median_score internal: of the scored ones
-- column passed internal: checks that are Approved
-- column pass_rate internal: passed / checks
-- example: SELECT month, workflow_version, checks, median_score, pass_rate FROM biometric_quality WHERE checked = 'LIVENESS' ORDER BY ALL
CREATE OR REPLACE VIEW biometric_quality AS
WITH checks AS (
    SELECT application, session_id, 'LIVENESS' AS checked, method, score, status
    FROM liveness_checks
    UNION ALL
    SELECT application, session_id, 'FACE_MATCH', NULL, score, status
    FROM face_matches
)
SELECT
    s.application,
    s.month,
    s.workflow_id,
    any_value(s.workflow_label) AS workflow_label,
    s.workflow_version,
    c.checked,
    c.method,
    count(*) AS checks,
    count(c.score) AS scored,
    count(*) FILTER (c.score < 50) AS below_50,
    count(*) FILTER (c.score >= 50 AND c.score < 70) AS from_50_to_70,
    count(*) FILTER (c.score >= 70 AND c.score < 80) AS from_70_to_80,
    count(*) FILTER (c.score >= 80 AND c.score < 90) AS from_80_to_90,
    count(*) FILTER (c.score >= 90) AS from_90,
    avg(c.score) AS mean_score,
    quantile_cont(c.score, 0.1) AS p10_score,
    median(c.score) AS median_score,
    count(*) FILTER (c.status = 'Approved') AS passed,
    count(*) FILTER (c.status = 'Approved') / count(*) AS pass_rate
FROM checks AS c
JOIN live_sessions AS s
    ON s.application = c.application
    AND s.session_id = c.session_id
GROUP BY s.application, s.month, s.workflow_id, s.workflow_version, c.checked, c.method
ORDER BY s.application, s.month, s.workflow_id, s.workflow_version, c.checked, c.method
