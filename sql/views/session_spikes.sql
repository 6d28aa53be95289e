-- One row: a user, device, network address, country or application with unusually many live sessions on a day.
--
-- The baseline is the mean per day over the 28 days before, days without sessions counted as 0. A session is counted
-- once for each of its devices, addresses and countries. Country is that of the document, else the best that the vendor
-- has (sessions.country).
--
-- question: Which users, devices, addresses and countries have far more sessions on a day than usual?
-- parameter on_date: the day, in UTC
-- parameter min_sessions: fewer on the day are not told
-- parameter min_ratio: less than so many times the baseline is not told; where the baseline is 0, any number is
-- column kind internal: user, device, ip, country or all
-- column item pii: vendor_data in lower case, fingerprint, address, or code of the country; null for all
-- column sessions internal: created on the day
-- column users internal: different users among them
-- column sessions_28_days internal: created in the 28 days before
-- column baseline internal: sessions_28_days / 28
-- column ratio internal: sessions / baseline; null where the baseline is 0
-- example: SELECT kind, item, sessions, baseline FROM session_spikes(DATE '2026-10-31') ORDER BY sessions DESC
CREATE OR REPLACE MACRO session_spikes(on_date, min_sessions := 3, min_ratio := 3) AS TABLE
WITH recent AS (
    SELECT application, session_id, vendor_data_key, country_iso3, created_at >= (on_date::DATE::TIMESTAMP AT TIME ZONE 'UTC') AS is_today
    FROM live_sessions
    WHERE created_at >= ((on_date::DATE - 28)::TIMESTAMP AT TIME ZONE 'UTC')
        AND created_at < ((on_date::DATE + 1)::TIMESTAMP AT TIME ZONE 'UTC')
),
devices AS (
    SELECT r.application, r.session_id, r.vendor_data_key, r.is_today, i.device_fingerprint, i.ip_address
    FROM ip_analyses AS i
    JOIN recent AS r
        ON r.application = i.application
        AND r.session_id = i.session_id
),
seen AS (
    SELECT 'all' AS kind, application, session_id, vendor_data_key, is_today, NULL::VARCHAR AS item FROM recent
    UNION ALL
    SELECT 'user', application, session_id, vendor_data_key, is_today, vendor_data_key FROM recent WHERE vendor_data_key IS NOT NULL
    UNION ALL
    SELECT 'country', application, session_id, vendor_data_key, is_today, country_iso3 FROM recent WHERE country_iso3 IS NOT NULL
    UNION ALL
    SELECT DISTINCT 'device', application, session_id, vendor_data_key, is_today, device_fingerprint FROM devices WHERE device_fingerprint IS NOT NULL
    UNION ALL
    SELECT DISTINCT 'ip', application, session_id, vendor_data_key, is_today, ip_address FROM devices WHERE ip_address IS NOT NULL
),
counted AS (
    SELECT
        application,
        kind,
        item,
        count(*) FILTER (is_today) AS sessions,
        count(DISTINCT vendor_data_key) FILTER (is_today) AS users,
        count(*) FILTER (NOT is_today) AS sessions_28_days
    FROM seen
    GROUP BY application, kind, item
)
SELECT
    application,
    kind,
    item,
    sessions,
    users,
    sessions_28_days,
    sessions_28_days / 28.0 AS baseline,
    sessions / nullif(sessions_28_days / 28.0, 0) AS ratio
FROM counted
WHERE sessions >= min_sessions
    AND sessions * 28.0 >= min_ratio * sessions_28_days
