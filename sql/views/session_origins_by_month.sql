-- One row: a month, an application and an origin of sessions, with how many there are and how they stand.
--
-- first: the user's first session. re-verification: an earlier one of the user was approved. resubmission: earlier ones,
-- none of them approved. remediation: a transaction asked for it. imported: not made here. unknown: the list names no
-- user. The vendor does not say how a session came about: sessions.origin_rule tells by what rule it was worked out.
-- A step that the applicant is asked to repeat within a session (Resubmitted) makes no new session and is not counted here.
--
-- question: How many sessions are new, how many are another attempt, and how do they fare?
-- column sessions internal: created in the month
-- column users internal: different users among them
-- column approved internal: status Approved or Kyc Expired now
-- column declined internal: status Declined now
-- column approval_rate internal: approved / (approved + declined), in percent; null where neither is there
-- example: SELECT month, origin, sessions, approval_rate FROM session_origins_by_month ORDER BY month DESC, sessions DESC
CREATE OR REPLACE VIEW session_origins_by_month AS
SELECT
    application,
    month,
    coalesce(origin, 'unknown') AS origin,
    count(*) AS sessions,
    count(DISTINCT vendor_data_key) AS users,
    count(*) FILTER (status IN ('Approved', 'Kyc Expired')) AS approved,
    count(*) FILTER (status = 'Declined') AS declined,
    100.0 * count(*) FILTER (status IN ('Approved', 'Kyc Expired'))
        / nullif(count(*) FILTER (status IN ('Approved', 'Kyc Expired', 'Declined')), 0) AS approval_rate
FROM live_sessions
GROUP BY ALL
