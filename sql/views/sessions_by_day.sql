-- One row: a day, in UTC, and an application, with the live sessions that were created on it.
--
-- Days without a session have no row. The baseline is the mean per day over the 28 days before, days without sessions
-- counted as 0; it stands also where the history is shorter than that, and is then too low.
--
-- question: How many sessions come in a day, and is that more than usual?
-- column day internal: in UTC
-- column sessions internal: created on the day
-- column users internal: different users among them; those without vendor_data are not counted
-- column approved internal: of the day's sessions, status Approved or Kyc Expired now
-- column declined internal: status Declined now
-- column sessions_28_days internal: created in the 28 days before
-- column baseline internal: sessions_28_days / 28
-- column ratio internal: sessions / baseline; null where the baseline is 0
-- example: SELECT day, sessions, baseline, ratio FROM sessions_by_day ORDER BY day DESC
CREATE OR REPLACE VIEW sessions_by_day AS
WITH days AS (
    SELECT
        application,
        (created_at AT TIME ZONE 'UTC')::DATE AS day,
        count(*) AS sessions,
        count(DISTINCT vendor_data_key) AS users,
        count(*) FILTER (status IN ('Approved', 'Kyc Expired')) AS approved,
        count(*) FILTER (status = 'Declined') AS declined
    FROM live_sessions
    WHERE created_at IS NOT NULL
    GROUP BY ALL
)
SELECT
    application,
    day,
    sessions,
    users,
    approved,
    declined,
    coalesce(sum(sessions) OVER before, 0)::BIGINT AS sessions_28_days,
    coalesce(sum(sessions) OVER before, 0) / 28.0 AS baseline,
    sessions / nullif(sum(sessions) OVER before / 28.0, 0) AS ratio
FROM days
WINDOW before AS (PARTITION BY application ORDER BY day RANGE BETWEEN INTERVAL 28 DAYS PRECEDING AND INTERVAL 1 DAY PRECEDING)
