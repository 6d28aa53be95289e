-- One row: a month, workflow, first or last decision, and whether it was automatic, with the hours from creation to the decision.
--
-- The month is that of the session's creation. A decision is a change to Approved or Declined; the last one is the
-- one that stands. A first decision is automatic when the vendor's rules made it and the session was not in review
-- before; a last one when no person, program or review was ever part of it.
--
-- Hours are those of the decisions that the vendor times. Where a decision was only seen by the nightly run, the time
-- to it has only an upper bound, up to the first night of the lake: at_most takes these as if they had happened when
-- they were seen. Imported sessions are as old as their verification elsewhere.
--
-- question: How long does it take from the creation of a session to its first and to its last decision?
-- column month internal: first day of the month, in UTC, in which the sessions were created
-- column decision internal: first or last
-- column decided internal: automatic or human
-- column sessions internal: decided sessions; the others are not in
-- column timed internal: sessions of which the vendor tells the instant of the decision; p50_hours and so on are made
--   of these
-- column p50_hours internal: of the timed ones
-- column p90_hours internal: of the timed ones
-- column p99_hours internal: of the timed ones
-- column p50_hours_at_most internal: of all, with upper bounds
-- column p90_hours_at_most internal: of all, with upper bounds
-- column p99_hours_at_most internal: of all, with upper bounds
-- example: SELECT month, workflow_label, p50_hours, p90_hours, timed FROM time_to_decision WHERE decision = 'first' AND decided = 'human'
CREATE OR REPLACE VIEW time_to_decision AS
WITH told AS MATERIALIZED (
    SELECT application, month, workflow_id, workflow_label, first_is_automatic, hours_to_first, first_is_exact, was_reviewed, hours_to_last, last_is_exact
    FROM decisions
),
each AS (
    SELECT application, month, workflow_id, workflow_label, 'first' AS decision, if(first_is_automatic, 'automatic', 'human') AS decided, hours_to_first AS hours, first_is_exact AS is_exact
    FROM told
    UNION ALL
    SELECT application, month, workflow_id, workflow_label, 'last', if(was_reviewed, 'human', 'automatic'), hours_to_last, last_is_exact
    FROM told
),
counted AS (
    SELECT
        application,
        month,
        workflow_id,
        any_value(workflow_label) AS workflow_label,
        decision,
        decided,
        count(*) AS sessions,
        count(*) FILTER (is_exact) AS timed,
        quantile_cont(hours, [0.5, 0.9, 0.99]) FILTER (is_exact) AS timed_hours,
        quantile_cont(hours, [0.5, 0.9, 0.99]) AS hours_at_most
    FROM each
    GROUP BY application, month, workflow_id, decision, decided
)
SELECT
    * EXCLUDE (timed_hours, hours_at_most),
    timed_hours[1] AS p50_hours,
    timed_hours[2] AS p90_hours,
    timed_hours[3] AS p99_hours,
    hours_at_most[1] AS p50_hours_at_most,
    hours_at_most[2] AS p90_hours_at_most,
    hours_at_most[3] AS p99_hours_at_most
FROM counted
ORDER BY application, month, workflow_id, decision, decided
