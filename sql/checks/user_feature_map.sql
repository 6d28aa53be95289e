-- One row: a feature of a user that the vendor says has passed or failed, and that the user's own sessions contradict.
--
-- Only where both are decided: the vendor's map passes over steps that are still open, and over expiries.
--
-- severity: warning
-- owner: engineer
-- dimension: reconciliation
-- asked: in full
WITH reported AS MATERIALIZED (
    SELECT r.application, u.user_id, u.vendor_data_key, u.observed_at, r.feature, r.status
    FROM user_features_reported AS r
    JOIN users AS u
        ON u.application = r.application
        AND u.user_id = r.user_id
    WHERE r.status IN ('Approved', 'Declined')
        AND u.vendor_data_key IS NOT NULL
),
derived AS MATERIALIZED ( -- or the planner may join by feature alone
    SELECT application, vendor_data_key, feature, status, observed_at
    FROM user_features
    WHERE status IN ('Approved', 'Declined')
)
SELECT
    r.user_id AS id,
    r.feature || ': the vendor says ' || r.status || ', the sessions say ' || d.status AS detail
FROM reported AS r
JOIN derived AS d
    ON d.application = r.application
    AND d.vendor_data_key = r.vendor_data_key
    AND d.feature = r.feature
WHERE r.status <> d.status
    AND d.observed_at <= r.observed_at
