-- One row: a device of a live session whose country, network or place does not fit the session's document or phone.
--
-- The document is the first identity document of the session, the phone the first phone number. Where a country is not
-- known there is no conflict with it. Distances are the vendor's, in a straight line, from the address's place.
--
-- question: Where do network, document and phone disagree about the country, or is the network hidden?
-- parameter km: a greater distance between address and document or proof of address is told
-- column ip_country_iso3 pii: of the network address
-- column document_country_iso3 pii: the state that issued the document
-- column phone_country_iso3 pii: of the phone number
-- column is_ip_document_conflict internal: the first two differ
-- column is_ip_phone_conflict internal: network and phone differ
-- column is_document_phone_conflict internal: document and phone differ
-- column is_hidden internal: VPN, Tor or a data centre
-- column distance_km pii: the greater of the distances of the network address to the places on document and proof of address
-- column is_far internal: it is greater than km
-- example: SELECT count(*), count(*) FILTER (is_hidden), count(*) FILTER (is_ip_document_conflict) FROM country_conflicts()
CREATE OR REPLACE MACRO country_conflicts(km := 500) AS TABLE
WITH places AS (
    SELECT
        s.application,
        s.session_id,
        s.vendor_data_key,
        s.vendor_data,
        s.created_at,
        s.status,
        i.row_key,
        i.ip_address,
        coalesce(i.ip_country_code_iso3, i.ip_country_iso3) AS ip_country_iso3,
        d.issuing_state_iso3 AS document_country_iso3,
        p.country_code_iso3 AS phone_country_iso3,
        i.is_vpn_or_tor,
        i.is_data_center,
        greatest(i.ip_to_id_document_km, i.id_document_to_ip_km, i.ip_to_poa_document_km, i.poa_document_to_ip_km) AS distance_km
    FROM ip_analyses AS i
    JOIN live_sessions AS s
        ON s.application = i.application
        AND s.session_id = i.session_id
    LEFT JOIN (FROM id_verifications WHERE block_ordinal = 0) AS d
        ON d.application = i.application
        AND d.session_id = i.session_id
    LEFT JOIN (FROM phone_verifications WHERE block_ordinal = 0) AS p
        ON p.application = i.application
        AND p.session_id = i.session_id
),
judged AS (
    SELECT
        *,
        coalesce(ip_country_iso3 <> document_country_iso3, false) AS is_ip_document_conflict,
        coalesce(ip_country_iso3 <> phone_country_iso3, false) AS is_ip_phone_conflict,
        coalesce(document_country_iso3 <> phone_country_iso3, false) AS is_document_phone_conflict,
        coalesce(is_vpn_or_tor, false) OR coalesce(is_data_center, false) AS is_hidden,
        coalesce(distance_km > km, false) AS is_far
    FROM places
)
SELECT *
FROM judged
WHERE is_ip_document_conflict
    OR is_ip_phone_conflict
    OR is_document_phone_conflict
    OR is_hidden
    OR is_far
