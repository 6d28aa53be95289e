-- One row: a user, with how often they tried: by new sessions and by resubmissions.
--
-- A user is an application's vendor_data without regard to case. Sessions without vendor_data belong to nobody and
-- are not in; nor are those that live_sessions leaves out. Whether a session was begun does not matter.
--
-- question: How many attempts do users need?
-- column sessions internal: the user's sessions
-- column resubmissions internal: times that steps had to be done again, over all sessions
-- column attempts internal: sessions + resubmissions
-- column approved internal: sessions that are Approved now
-- column declined internal: sessions that are Declined now
-- column first_created_at internal: of the oldest session
-- column last_created_at internal: of the newest session
-- column last_status internal: of the newest session
-- example: SELECT attempts, count(*) AS users, count(*) FILTER (approved > 0) AS approved FROM attempts_by_user GROUP BY attempts ORDER BY attempts
CREATE OR REPLACE VIEW attempts_by_user AS
WITH again AS (
    SELECT application, vendor_data_key, count(*) AS resubmissions
    FROM resubmissions
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
),
own AS (
    SELECT
        application,
        vendor_data_key,
        count(*) AS sessions,
        count(*) FILTER (status = 'Approved') AS approved,
        count(*) FILTER (status = 'Declined') AS declined,
        min(created_at) AS first_created_at,
        max(created_at) AS last_created_at,
        arg_max(status, created_at) AS last_status
    FROM live_sessions
    WHERE vendor_data_key IS NOT NULL
    GROUP BY application, vendor_data_key
)
SELECT
    o.application,
    o.vendor_data_key,
    o.sessions,
    coalesce(a.resubmissions, 0) AS resubmissions,
    o.sessions + coalesce(a.resubmissions, 0) AS attempts,
    o.approved,
    o.declined,
    o.first_created_at,
    o.last_created_at,
    o.last_status
FROM own AS o
LEFT JOIN again AS a
    ON a.application = o.application
    AND a.vendor_data_key = o.vendor_data_key
