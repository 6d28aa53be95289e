-- One row: a cell of the report, with its value and the table that has the rows behind it; or with what is missing to answer it.
--
-- Designed to support REP-CRIM. A person is a user of an application, and a session without vendor_data is a person of its
-- own, as in screened_people_on: who is in two applications counts twice.
--
-- key: cell
-- column cell public: its name, which the listing has, too
-- column section public: of the form
-- column question public: in our own words
-- column source public: where the form asks it
-- column value internal: how many; null: it cannot be answered
-- column listing public: the table whose rows of this cell are counted
-- column missing_input internal: which input is missing; null: none
-- column note public: how it is counted
WITH told(cell, section, question, source, missing, note) AS (
    VALUES
        ('1_jurisdictions', 'Operating data', 'Jurisdictions in which the organisation operates, and how it rates them', 'SUP 16 Annex 42A, operating jurisdictions', 'the organisation''s own register of places of business', NULL),
        ('2_pep_end', 'Customers', 'Customers who are politically exposed persons, at the end of the period', 'SUP 16 Annex 42A, customer information', NULL, 'persons with a confirmed match in a list of politically exposed persons and an approved verification, as was known at the end'),
        ('2_pep_new', 'Customers', 'Of these, customers taken on in the period', 'SUP 16 Annex 42A, customer information', NULL, 'those who were approved for the first time in the period'),
        ('2_pep_pending', 'Customers', 'Customers whom nobody has told from politically exposed persons yet; to be settled before the report', 'not asked by the form', NULL, 'persons without a confirmed match, with one that is unreviewed or inconclusive, and an approved verification'),
        ('2_high_risk_end', 'Customers', 'Other customers of high risk, at the end of the period', 'SUP 16 Annex 42A, customer information', NULL, 'customers whom the reference file rates high, without those of 2_pep_end'),
        ('2_high_risk_new', 'Customers', 'Of these, customers taken on in the period', 'SUP 16 Annex 42A, customer information', NULL, 'those whose first relationship began in the period'),
        ('2_correspondents', 'Customers', 'Correspondent banks among the customers', 'SUP 16 Annex 42A, customer information', 'the organisation''s own register of correspondent banks: no natural persons', NULL),
        ('2_locations', 'Customers', 'Customers by geographical area', 'SUP 16 Annex 42A, customer information, questions 7 to 16', 'the address for correspondence, of the organisation''s own register of customers', 'amla-aggregates has them by the residence that was verified'),
        ('2_high_risk_countries', 'Customers', 'Customers linked to a jurisdiction of high risk', 'SUP 16 Annex 42A, customer information, question 17', NULL, 'persons with an approved verification before the end, and a session that high_risk_countries has'),
        ('2_refused', 'Customers', 'Relationships refused for reasons of financial crime in the period', 'SUP 16 Annex 42A, customer information, question 18', NULL, 'persons declined in the period and declined still, of whom no session is approved and no relationship is known: for whatever reason of the verification, which the vendor does not tell from financial crime'),
        ('2_exited', 'Customers', 'Relationships ended for reasons of financial crime in the period', 'SUP 16 Annex 42A, customer information, question 18', 'the reason for which a relationship ended: no reference file has it', NULL),
        ('3_reports', 'Compliance', 'Suspicious activity reports, internal and to the authority', 'SUP 16 Annex 42A, compliance information, question 21', 'the organisation''s own register of suspicious activity reports: they are confidential and not kept here', NULL),
        ('3_orders', 'Compliance', 'Investigative court orders, restraint orders, and requests for consent', 'SUP 16 Annex 42A, compliance information', 'the organisation''s own register of orders', NULL),
        ('3_staff', 'Compliance', 'Staff with a role in financial crime', 'SUP 16 Annex 42A, compliance information, question 23', 'the organisation''s own register of staff', NULL),
        ('4_sanctions_new', 'Sanctions', 'True matches in lists of sanctions that were found in the period', 'SUP 16 Annex 42A, sanctions-specific information, question 28', NULL, 'persons with a confirmed match at the end and none before the period, customers or not; who came and went within it is not in'),
        ('4_sanctions_end', 'Sanctions', 'Persons with a true match in lists of sanctions, at the end of the period', 'not asked by the form', NULL, 'persons with a confirmed match, customers or not'),
        ('4_not_screened_again', 'Sanctions', 'Customers who are not screened again and again', 'SUP 16 Annex 42A, sanctions-specific information', NULL, 'active users without ongoing monitoring, as known when this was made; see not_monitored'),
        ('4_payments', 'Sanctions', 'True matches in the screening of payments', 'SUP 16 Annex 42A, sanctions-specific information', 'the organisation''s own screening of payments', NULL),
        ('5_fraud', 'Fraud', 'The most prevalent frauds as the organisation sees them', 'SUP 16 Annex 42A, fraud', 'the organisation''s own assessment', NULL)
),
lacks AS (
    SELECT
        CASE WHEN k.known_from >= getvariable('period_to') THEN 'what was known at the end of the period: the first run was later' END AS the_end,
        CASE WHEN k.known_from >= getvariable('period_from') THEN 'what was known before the period: the first run was later' END AS the_start,
        CASE WHEN c.reference = 'none loaded' THEN 'risk_rating of the organisation''s reference file of customers: none is loaded'
            WHEN NOT EXISTS (FROM firm_users WHERE risk_rating IS NOT NULL) THEN 'risk_rating of the organisation''s reference file of customers: it rates nobody' END AS ratings,
        CASE WHEN l.reference = 'none loaded' THEN 'the organisation''s reference file of countries: none is loaded' END AS countries
    FROM knowledge AS k
    CROSS JOIN (FROM reference_state WHERE kind = 'customers') AS c
    CROSS JOIN (FROM reference_state WHERE kind = 'countries') AS l
),
screened AS (
    FROM screening_population(getvariable('period_to') - INTERVAL 1 DAY)
),
peps AS (
    FROM screened_people_on(getvariable('period_to') - INTERVAL 1 DAY)
    WHERE category = 'pep'
        AND confirmed > 0
        AND is_approved
),
verified AS (
    SELECT application, coalesce(vendor_data_key, session_id) AS person, min(first_approved_at) AS first_approved_at
    FROM approvals
    GROUP BY ALL
),
rated AS (
    SELECT f.vendor_data_key, f.relationship_start
    FROM firm_users AS f
    ANTI JOIN peps AS p
        ON p.person = f.vendor_data_key
    WHERE f.risk_rating = 'high'
        AND coalesce(f.relationship_start < getvariable('period_to'), true)
        AND coalesce(f.relationship_end >= getvariable('period_to') - INTERVAL 1 DAY, true)
),
answers AS (
    SELECT '2_pep_end' AS cell, 'people' AS listing, the_end AS lacks, (SELECT coalesce(sum(confirmed_approved), 0) FROM screened WHERE category = 'pep') AS value FROM lacks
    UNION ALL
    SELECT '2_pep_new', 'people', the_end, (
        SELECT count(*)
        FROM peps AS p
        JOIN verified AS v USING (application, person)
        WHERE v.first_approved_at >= getvariable('period_from')
            AND v.first_approved_at < getvariable('period_to')
    ) FROM lacks
    UNION ALL
    SELECT '2_pep_pending', 'people', the_end, (SELECT coalesce(sum(pending_approved), 0) FROM screened WHERE category = 'pep') FROM lacks
    UNION ALL
    SELECT '2_high_risk_end', 'customers', coalesce(ratings, the_end), (SELECT count(*) FROM rated) FROM lacks
    UNION ALL
    SELECT '2_high_risk_new', 'customers', coalesce(ratings, the_end), (SELECT count(*) FROM rated WHERE relationship_start >= getvariable('period_from')) FROM lacks
    UNION ALL
    SELECT '2_high_risk_countries', 'people', countries, (
        SELECT count(DISTINCT (h.application, v.person))
        FROM high_risk_countries AS h
        JOIN verified AS v
            ON v.application = h.application
            AND v.person = coalesce(h.vendor_data_key, h.session_id)
        WHERE v.first_approved_at < getvariable('period_to')
            AND h.created_at < getvariable('period_to')
    ) FROM lacks
    UNION ALL
    SELECT '2_refused', 'people', NULL, (
        SELECT count(DISTINCT (application, coalesce(vendor_data_key, session_id)))
        FROM refused_customers(getvariable('period_from'), getvariable('period_to') - INTERVAL 1 DAY)
        WHERE relationship IN ('none', 'not known')
            AND NOT is_approved_elsewhere
    ) FROM lacks
    UNION ALL
    SELECT '4_sanctions_new', 'people', coalesce(the_end, the_start), (
        SELECT coalesce(sum(added), 0)
        FROM screening_movement(getvariable('period_from'), getvariable('period_to') - INTERVAL 1 DAY)
        WHERE category = 'sanction'
    ) FROM lacks
    UNION ALL
    SELECT '4_sanctions_end', 'people', the_end, (SELECT coalesce(sum(confirmed), 0) FROM screened WHERE category = 'sanction') FROM lacks
    UNION ALL
    SELECT '4_not_screened_again', 'people', NULL, (SELECT count(*) FROM not_monitored) FROM lacks
)
SELECT
    t.cell,
    t.section,
    t.question,
    t.source,
    CASE WHEN a.lacks IS NULL THEN a.value::BIGINT END AS value,
    CASE WHEN a.lacks IS NULL THEN a.listing END AS listing,
    coalesce(t.missing, a.lacks) AS missing_input,
    t.note
FROM told AS t
LEFT JOIN answers AS a
    ON a.cell = t.cell
ORDER BY t.cell
