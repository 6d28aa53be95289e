-- One row: a month and an application, with how many live sessions came from where they can be seen and how many did not.
--
-- A session counts as hidden when one of its devices does. Only sessions with an analysis of the network count.
--
-- question: Which share of sessions comes through VPN, Tor or data centres?
-- column analysed internal: sessions created in the month with an analysis of the network
-- column vpn_or_tor internal: of them, through VPN or Tor
-- column data_center internal: of them, from a data centre
-- column hidden internal: of them, either
-- column hidden_rate internal: hidden / analysed, in percent
-- example: SELECT month, analysed, hidden, hidden_rate FROM networks_by_month ORDER BY month DESC
CREATE OR REPLACE VIEW networks_by_month AS
WITH analysed AS (
    SELECT
        application,
        session_id,
        coalesce(bool_or(is_vpn_or_tor), false) AS is_vpn_or_tor,
        coalesce(bool_or(is_data_center), false) AS is_data_center
    FROM ip_analyses
    GROUP BY application, session_id
)
SELECT
    s.application,
    s.month,
    count(*) AS analysed,
    count(*) FILTER (a.is_vpn_or_tor) AS vpn_or_tor,
    count(*) FILTER (a.is_data_center) AS data_center,
    count(*) FILTER (a.is_vpn_or_tor OR a.is_data_center) AS hidden,
    100.0 * count(*) FILTER (a.is_vpn_or_tor OR a.is_data_center) / count(*) AS hidden_rate
FROM live_sessions AS s
JOIN analysed AS a
    ON a.application = s.application
    AND a.session_id = s.session_id
GROUP BY s.application, s.month
