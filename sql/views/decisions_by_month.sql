-- One row: a month and workflow, with what was decided in it.
--
-- The population is what was decided in the period, whenever it was created. A session that was decided several times
-- in a month is one session of that month, by the last of its decisions there, and each of its decisions counts in
-- decisions. Months do not move any more, unless it becomes known later what happened in them.
--
-- A decision that the vendor does not time is counted in the month in which it was seen. Where the state before was
-- last seen in an earlier month, the decision may belong there: month_unsure counts these. After the first night of a
-- lake they are many, as all that is older is seen in that night.
--
-- question: How many sessions were approved and declined in a month, whenever they were created, and by whom?
-- column month internal: first day of the month, in UTC, in which it was decided
-- column sessions internal: decided in the month
-- column approved internal: sessions of which the month's last decision was Approved
-- column declined internal: sessions of which the month's last decision was Declined
-- column approval_rate internal: approved / (approved + declined)
-- column by_system internal: sessions of which the month's last decision was made by the vendor's rules
-- column by_person internal: sessions of which it was made by a person
-- column by_program internal: sessions of which it was made by a program
-- column decisions internal: all decisions of the month
-- column month_unsure internal: sessions of which the month's last decision may belong to an earlier month
-- example: SELECT month, sum(approved) AS approved, sum(declined) AS declined FROM decisions_by_month GROUP BY month ORDER BY month
CREATE OR REPLACE VIEW decisions_by_month AS
WITH of_session AS (
    SELECT
        application,
        session_id,
        date_trunc('month', changed_at AT TIME ZONE 'UTC')::DATE AS month,
        count(*) AS decisions,
        arg_max(to_status, changed_at) AS status,
        arg_max(actor, changed_at) AS actor,
        arg_max(NOT is_exact AND date_trunc('month', not_before AT TIME ZONE 'UTC') < date_trunc('month', changed_at AT TIME ZONE 'UTC'), changed_at) AS month_unsure
    FROM status_changes
    WHERE to_status IN ('Approved', 'Declined')
    GROUP BY application, session_id, month
)
SELECT
    s.application,
    d.month,
    s.workflow_id,
    any_value(s.workflow_label) AS workflow_label,
    count(*) AS sessions,
    count(*) FILTER (d.status = 'Approved') AS approved,
    count(*) FILTER (d.status = 'Declined') AS declined,
    count(*) FILTER (d.status = 'Approved') / count(*) AS approval_rate,
    count(*) FILTER (d.actor = 'system') AS by_system,
    count(*) FILTER (d.actor = 'person') AS by_person,
    count(*) FILTER (d.actor = 'program') AS by_program,
    sum(d.decisions)::BIGINT AS decisions,
    count(*) FILTER (d.month_unsure) AS month_unsure
FROM of_session AS d
JOIN live_sessions AS s
    ON s.application = d.application
    AND s.session_id = d.session_id
GROUP BY s.application, d.month, s.workflow_id
ORDER BY s.application, d.month, s.workflow_id
