-- One row: a number, with the table that has the rows behind it; or what is missing to answer it.
--
-- Designed to support the risk data of supervisors. A person is a user of an application, and a session without vendor_data is a
-- person of its own: who is in two applications counts twice. A customer is one of the reference file, over all relationships.
-- The cells of sections 6 and 7 are those of the countries that there are; those of a section add up to 1_verified_end.
--
-- key: cell
-- column cell public: its name, which the listing has, too
-- column section public: what it is about
-- column question public: in our own words
-- column source public: who asks for it
-- column value internal: how many; null: it cannot be answered
-- column listing public: the table whose rows of this cell are counted
-- column missing_input internal: which input is missing; null: none
-- column note public: how it is counted
WITH told(cell, section, question, listing, note) AS (
    VALUES
        ('1_customers_end', 'Customers', 'Customers at the end of the period', 'customers', 'of the reference file, with a relationship that had begun and not ended'),
        ('1_customers_ended', 'Customers', 'Customers whose last relationship ended in the period', 'customers', 'of the reference file'),
        ('1_customers_new', 'Customers', 'Customers taken on in the period', 'customers', 'of the reference file, whose first relationship began in the period'),
        ('1_verified_end', 'Customers', 'Persons verified until the end of the period', 'people', 'with an approved verification; whether they are customers, the vendor does not know'),
        ('1_verified_new', 'Customers', 'Persons verified for the first time in the period', 'people', 'first approved in the period'),
        ('2_pep_end', 'Politically exposed persons', 'Politically exposed persons at the end of the period', 'people', 'with a confirmed match and an approved verification, as was known at the end; see screening_population'),
        ('3_risk_high', 'Classes of risk', 'Customers of high risk at the end of the period', 'customers', 'as the reference file rates them'),
        ('3_risk_low', 'Classes of risk', 'Customers of low risk at the end of the period', 'customers', 'as the reference file rates them'),
        ('3_risk_medium', 'Classes of risk', 'Customers of medium risk at the end of the period', 'customers', 'as the reference file rates them'),
        ('3_risk_none', 'Classes of risk', 'Customers without a rating at the end of the period', 'customers', 'whom the reference file does not rate'),
        ('4_channel_other', 'Channels of onboarding', 'Customers taken on in the period without a verification of this vendor', 'customers', 'of the reference file, whose first relationship began in the period; without an approved session'),
        ('4_channel_remote', 'Channels of onboarding', 'Persons verified for the first time in the period, remotely', 'people', 'none of their approved sessions was imported'),
        ('4_channel_third_party', 'Channels of onboarding', 'Persons verified for the first time in the period, by an import or a third party', 'people', 'one of their approved sessions was imported; see imported_sessions'),
        ('5_high_risk_countries', 'Countries', 'Persons linked to a country of high risk', 'people', 'with an approved verification before the end, and a session that high_risk_countries has')
),
lacks AS (
    SELECT
        CASE WHEN k.known_from >= getvariable('period_to') THEN 'what was known at the end of the period: the first run was later' END AS the_end,
        CASE WHEN c.reference = 'none loaded' THEN 'the organisation''s reference file of customers: none is loaded' END AS customers,
        CASE WHEN c.reference = 'none loaded' THEN 'risk_rating of the organisation''s reference file of customers: none is loaded'
            WHEN NOT EXISTS (FROM firm_users WHERE risk_rating IS NOT NULL) THEN 'risk_rating of the organisation''s reference file of customers: it rates nobody' END AS ratings,
        CASE WHEN l.reference = 'none loaded' THEN 'the organisation''s reference file of countries: none is loaded' END AS countries
    FROM knowledge AS k
    CROSS JOIN (FROM reference_state WHERE kind = 'customers') AS c
    CROSS JOIN (FROM reference_state WHERE kind = 'countries') AS l
),
verified AS (
    SELECT
        a.application,
        coalesce(a.vendor_data_key, a.session_id) AS person,
        min(a.first_approved_at) AS first_approved_at,
        bool_or(i.session_id IS NOT NULL) AS is_imported
    FROM approvals AS a
    LEFT JOIN imported_sessions AS i
        ON i.application = a.application
        AND i.session_id = a.session_id
    GROUP BY ALL
    HAVING min(a.first_approved_at) < getvariable('period_to')
),
new AS (
    FROM verified
    WHERE first_approved_at >= getvariable('period_from')
),
customers AS (
    SELECT
        vendor_data_key,
        relationship_start >= getvariable('period_from') AS is_new,
        coalesce(relationship_end >= getvariable('period_from') AND relationship_end < getvariable('period_to'), false) AS has_ended,
        coalesce(relationship_end >= getvariable('period_to') - INTERVAL 1 DAY, true) AS is_there,
        risk_rating
    FROM firm_users
    WHERE coalesce(relationship_start < getvariable('period_to'), true)
),
placed AS (
    SELECT coalesce(d.nationality_iso3, 'unknown') AS nationality, coalesce(p.country_iso3, d.country_iso3, 'unknown') AS residence
    FROM latest_approvals AS a
    LEFT JOIN (
        SELECT application, session_id, arg_min(nationality_iso3, block_ordinal) AS nationality_iso3, arg_min(parsed_country_iso3, block_ordinal) AS country_iso3
        FROM id_verifications
        GROUP BY application, session_id
    ) AS d
        ON d.application = a.application
        AND d.session_id = a.session_id
    LEFT JOIN (
        SELECT application, session_id, arg_min(parsed_country_iso3, block_ordinal) AS country_iso3
        FROM poa_verifications
        GROUP BY application, session_id
    ) AS p
        ON p.application = a.application
        AND p.session_id = a.session_id
    WHERE a.first_approved_at < getvariable('period_to')
),
answers AS (
    SELECT '1_customers_end' AS cell, customers AS lacks, (SELECT count(*) FROM customers WHERE is_there) AS value FROM lacks
    UNION ALL
    SELECT '1_customers_ended', customers, (SELECT count(*) FROM customers WHERE has_ended) FROM lacks
    UNION ALL
    SELECT '1_customers_new', customers, (SELECT count(*) FROM customers WHERE is_new) FROM lacks
    UNION ALL
    SELECT '1_verified_end', NULL, (SELECT count(*) FROM latest_approvals WHERE first_approved_at < getvariable('period_to')) FROM lacks
    UNION ALL
    SELECT '1_verified_new', NULL, (SELECT count(*) FROM new) FROM lacks
    UNION ALL
    SELECT '2_pep_end', the_end, (SELECT coalesce(sum(confirmed_approved), 0) FROM screening_population(getvariable('period_to') - INTERVAL 1 DAY) WHERE category = 'pep') FROM lacks
    UNION ALL
    SELECT '3_risk_high', ratings, (SELECT count(*) FROM customers WHERE is_there AND risk_rating = 'high') FROM lacks
    UNION ALL
    SELECT '3_risk_low', ratings, (SELECT count(*) FROM customers WHERE is_there AND risk_rating = 'low') FROM lacks
    UNION ALL
    SELECT '3_risk_medium', ratings, (SELECT count(*) FROM customers WHERE is_there AND risk_rating = 'medium') FROM lacks
    UNION ALL
    SELECT '3_risk_none', ratings, (SELECT count(*) FROM customers WHERE is_there AND risk_rating IS NULL) FROM lacks
    UNION ALL
    SELECT '4_channel_other', customers, (SELECT count(*) FROM customers ANTI JOIN approvals USING (vendor_data_key) WHERE is_new) FROM lacks
    UNION ALL
    SELECT '4_channel_remote', NULL, (SELECT count(*) FROM new WHERE NOT is_imported) FROM lacks
    UNION ALL
    SELECT '4_channel_third_party', NULL, (SELECT count(*) FROM new WHERE is_imported) FROM lacks
    UNION ALL
    SELECT '5_high_risk_countries', countries, (
        SELECT count(DISTINCT (h.application, v.person))
        FROM high_risk_countries AS h
        JOIN verified AS v
            ON v.application = h.application
            AND v.person = coalesce(h.vendor_data_key, h.session_id)
        WHERE h.created_at < getvariable('period_to')
    ) FROM lacks
)
SELECT
    t.cell,
    t.section,
    t.question,
    'supervisors'' collection of risk data' AS source,
    CASE WHEN a.lacks IS NULL THEN a.value::BIGINT END AS value,
    CASE WHEN a.lacks IS NULL THEN t.listing END AS listing,
    a.lacks AS missing_input,
    t.note
FROM told AS t
LEFT JOIN answers AS a
    ON a.cell = t.cell
UNION ALL
SELECT
    '6_nationality_' || nationality,
    'Countries',
    'Verified persons by nationality: ' || nationality,
    'supervisors'' collection of risk data',
    count(*),
    'people',
    NULL,
    'of the first document of the latest approved session that tells it'
FROM placed
GROUP BY nationality
UNION ALL
SELECT
    '7_residence_' || residence,
    'Countries',
    'Verified persons by country of residence: ' || residence,
    'supervisors'' collection of risk data',
    count(*),
    'people',
    NULL,
    'of the proof of address of the latest approved session, or else of the address on a document'
FROM placed
GROUP BY residence
ORDER BY cell
