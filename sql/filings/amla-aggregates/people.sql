-- One row: a person who is counted in a cell of the worksheet.
--
-- Designed to support the risk data of supervisors: whom each number is made of. A person is a user of an application, or a session
-- without vendor_data.
--
-- key: cell, application, person
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column application sessions.application
-- column person screened_people_on.person
-- column first_approved_at approvals.first_approved_at
WITH verified AS (
    SELECT
        a.application,
        coalesce(a.vendor_data_key, a.session_id) AS person,
        a.session_id,
        a.first_approved_at,
        a.first_approved_at >= getvariable('period_from') AS is_new
    FROM latest_approvals AS a
    WHERE a.first_approved_at < getvariable('period_to')
),
imported AS (
    SELECT DISTINCT application, coalesce(vendor_data_key, session_id) AS person
    FROM imported_sessions
    WHERE status IN ('Approved', 'Kyc Expired')
),
placed AS (
    SELECT v.application, v.person, coalesce(d.nationality_iso3, 'unknown') AS nationality, coalesce(p.country_iso3, d.country_iso3, 'unknown') AS residence
    FROM verified AS v
    LEFT JOIN (
        SELECT application, session_id, arg_min(nationality_iso3, block_ordinal) AS nationality_iso3, arg_min(parsed_country_iso3, block_ordinal) AS country_iso3
        FROM id_verifications
        GROUP BY application, session_id
    ) AS d
        ON d.application = v.application
        AND d.session_id = v.session_id
    LEFT JOIN (
        SELECT application, session_id, arg_min(parsed_country_iso3, block_ordinal) AS country_iso3
        FROM poa_verifications
        GROUP BY application, session_id
    ) AS p
        ON p.application = v.application
        AND p.session_id = v.session_id
),
counted AS (
    SELECT '1_verified_end' AS cell, application, person
    FROM verified
    UNION ALL
    SELECT '1_verified_new', application, person
    FROM verified
    WHERE is_new
    UNION ALL
    SELECT '2_pep_end', application, person
    FROM screened_people_on(getvariable('period_to') - INTERVAL 1 DAY)
    WHERE category = 'pep'
        AND confirmed > 0
        AND is_approved
    UNION ALL
    SELECT if(i.person IS NULL, '4_channel_remote', '4_channel_third_party'), v.application, v.person
    FROM verified AS v
    LEFT JOIN imported AS i
        ON i.application = v.application
        AND i.person = v.person
    WHERE v.is_new
    UNION ALL
    SELECT DISTINCT '5_high_risk_countries', v.application, v.person
    FROM verified AS v
    JOIN high_risk_countries AS h
        ON h.application = v.application
        AND coalesce(h.vendor_data_key, h.session_id) = v.person
    WHERE h.created_at < getvariable('period_to')
    UNION ALL
    SELECT '6_nationality_' || nationality, application, person
    FROM placed
    UNION ALL
    SELECT '7_residence_' || residence, application, person
    FROM placed
)
SELECT
    c.cell,
    c.application,
    c.person,
    v.first_approved_at
FROM counted AS c
LEFT JOIN verified AS v
    ON v.application = c.application
    AND v.person = c.person
ORDER BY c.cell, c.application, c.person
