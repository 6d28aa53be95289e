-- One row: a country of a live session that stood on a list of the organisation's on the day of the session, once for
-- each list and each way in which the session has to do with the country.
--
-- The ways are nationality and issuing state (identity document), residence (proof of address, or the address on the
-- document) and network (the address of the device). The lists are the newest file of countries, with the days in which
-- each country stood there: it says what holds as of a day in the past, if the file goes back so far. Without a file
-- there is one row, which says so.
--
-- question: Which sessions have to do with a high-risk country, by the list that held then?
-- column kind internal: nationality, issuing state, residence or network; null: no file is loaded
-- column country_iso3 pii: the country
-- column list internal: the list's name, as the file has it
-- column valid_from internal: first day on the list; null: always
-- column valid_to internal: last day on it; null: still there
-- column reference internal: day of the file of countries, or none loaded
-- column missing_input internal: what the answer lacks; null: nothing
-- example: SELECT list, country_iso3, kind, count(DISTINCT session_id) FROM high_risk_countries GROUP BY ALL ORDER BY ALL
CREATE OR REPLACE VIEW high_risk_countries AS
WITH named AS (
    SELECT application, session_id, 'nationality' AS kind, nationality_iso3 AS country_iso3 FROM id_verifications
    UNION ALL
    SELECT application, session_id, 'issuing state', issuing_state_iso3 FROM id_verifications
    UNION ALL
    SELECT application, session_id, 'residence', parsed_country_iso3 FROM id_verifications
    UNION ALL
    SELECT application, session_id, 'residence', parsed_country_iso3 FROM poa_verifications
    UNION ALL
    SELECT application, session_id, 'network', coalesce(ip_country_code_iso3, ip_country_iso3) FROM ip_analyses
),
met AS ( -- the few that matter, before they meet the sessions
    SELECT DISTINCT application, session_id, kind, country_iso3
    FROM named
    WHERE country_iso3 IN (SELECT country_iso3 FROM country_lists)
)
SELECT
    s.application,
    s.session_id,
    s.vendor_data_key,
    s.created_at,
    s.status,
    m.kind,
    m.country_iso3,
    l.list,
    l.valid_from,
    l.valid_to,
    r.reference,
    NULL::VARCHAR AS missing_input
FROM met AS m
JOIN country_lists AS l
    ON l.country_iso3 = m.country_iso3
JOIN live_sessions AS s
    ON s.application = m.application
    AND s.session_id = m.session_id
CROSS JOIN (FROM reference_state WHERE kind = 'countries') AS r
-- Inside coalesce, or it is taken for a join, by which every session meets every country first.
WHERE coalesce((s.created_at AT TIME ZONE 'UTC')::DATE BETWEEN coalesce(l.valid_from, DATE '0001-01-01') AND coalesce(l.valid_to, DATE '9999-12-31'), false)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, reference, 'no file of countries: which country is on a list is not known'
FROM reference_state
WHERE kind = 'countries'
    AND reference = 'none loaded'
