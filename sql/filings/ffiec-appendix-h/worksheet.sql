-- One row: a listing of the request letter, with the number of its rows and the table that has them; or with what is missing to
-- make it.
--
-- Designed to support Appendix H. The listing has the name of the cell in its first column.
--
-- key: cell
-- column cell public: its name, which the listing has, too
-- column section public: of the letter
-- column question public: in our own words
-- column source public: where it is asked
-- column value internal: how many; null: it cannot be answered
-- column listing public: the table whose rows of this cell are counted
-- column missing_input internal: which input is missing; null: none
-- column note public: how it is counted
WITH told(cell, section, question, listing, note) AS (
    VALUES
        ('1_new_accounts_existing', 'Customer identification', 'New accounts of the period, of customers who had one before', 'accounts', 'relationships of the reference file that began in the period'),
        ('1_new_accounts_new', 'Customer identification', 'New accounts of the period, of new customers', 'accounts', 'relationships of the reference file that began in the period, of customers without an earlier one'),
        ('2_incomplete', 'Customer identification', 'Verifications of the period that have not been completed', 'sessions', 'neither approved nor declined'),
        ('2_late', 'Customer identification', 'Accounts of the period that were opened before the customer was verified, or whose customer never was', 'accounts', 'see verified_after_start'),
        ('3_adverse_action', 'Customer identification', 'Persons refused in the period on the basis of the verification', 'people', 'declined in the period and declined still, of whom no session is approved and no relationship is known'),
        ('4_matches_cleared_by_machine', 'Sanctions', 'Potential matches that the vendor''s threshold cleared', 'hits', 'hits of category sanction of verifications of the period, as in aml_hit_dispositions; the column lists names which lists they are of, where the vendor tells'),
        ('4_matches_cleared_by_people', 'Sanctions', 'Potential matches that a person or a program of the organisation cleared', 'hits', 'as above'),
        ('4_matches_confirmed', 'Sanctions', 'Potential matches that are the person', 'hits', 'as above'),
        ('4_matches_open', 'Sanctions', 'Potential matches that are not settled', 'hits', 'as above: unreviewed, inconclusive, or without a status'),
        ('5_high_risk', 'Risk assessment', 'Customers of high risk at the end of the period', 'customers', 'whom the reference file rates high'),
        ('6_methods_documentary', 'Customer identification', 'Documentary methods of verification that were used in the period', 'methods', 'what reads an identity document, or holds a person against it'),
        ('6_methods_other', 'Customer identification', 'Other methods of verification that were used in the period', 'methods', 'everything else that a session of the period had')
),
lacks AS (
    SELECT
        CASE WHEN reference = 'none loaded' THEN 'the organisation''s reference file of customers: none is loaded' END AS customers,
        CASE WHEN reference = 'none loaded' THEN 'risk_rating of the organisation''s reference file of customers: none is loaded'
            WHEN NOT EXISTS (FROM firm_users WHERE risk_rating IS NOT NULL) THEN 'risk_rating of the organisation''s reference file of customers: it rates nobody' END AS ratings,
        CASE WHEN reference = 'none loaded' THEN 'the organisation''s reference file of customers: none is loaded'
            WHEN NOT EXISTS (FROM firm_users WHERE relationship_start IS NOT NULL) THEN 'relationship_start of the organisation''s reference file of customers: it tells none' END AS starts
    FROM reference_state
    WHERE kind = 'customers'
),
opened AS (
    SELECT coalesce(u.relationship_start < getvariable('period_from'), false) AS had_one, count(*) AS accounts
    FROM firm_customers AS c
    JOIN firm_users AS u
        ON u.vendor_data_key = c.vendor_data_key
    WHERE c.relationship_start >= getvariable('period_from')
        AND c.relationship_start < getvariable('period_to')
    GROUP BY ALL
),
sanctions AS (
    SELECT review_status, judged_by, count(*) AS hits
    FROM aml_hit_dispositions
    WHERE category = 'sanction'
        AND created_at >= getvariable('period_from')
        AND created_at < getvariable('period_to')
    GROUP BY ALL
),
used AS (
    SELECT
        count(DISTINCT feature) FILTER (feature IN ('ID_VERIFICATION', 'NFC', 'FACE_MATCH', 'LIVENESS')) AS documentary,
        count(DISTINCT feature) FILTER (feature NOT IN ('ID_VERIFICATION', 'NFC', 'FACE_MATCH', 'LIVENESS')) AS others
    FROM session_features
    SEMI JOIN members USING (application, session_id)
    WHERE source = 'block'
),
answers AS (
    SELECT '1_new_accounts_existing' AS cell, starts AS lacks, (SELECT coalesce(sum(accounts) FILTER (had_one), 0) FROM opened) AS value FROM lacks
    UNION ALL
    SELECT '1_new_accounts_new', starts, (SELECT coalesce(sum(accounts) FILTER (NOT had_one), 0) FROM opened) FROM lacks
    UNION ALL
    SELECT '2_incomplete', NULL, (SELECT count(*) FROM members WHERE coalesce(status NOT IN ('Approved', 'Kyc Expired', 'Declined'), true)) FROM lacks
    UNION ALL
    SELECT '2_late', starts, (
        SELECT count(*)
        FROM verified_after_start
        WHERE relationship_start >= getvariable('period_from')
            AND relationship_start < getvariable('period_to')
    ) FROM lacks
    UNION ALL
    SELECT '3_adverse_action', NULL, (
        SELECT count(DISTINCT (application, coalesce(vendor_data_key, session_id)))
        FROM refused_customers(getvariable('period_from'), getvariable('period_to') - INTERVAL 1 DAY)
        WHERE relationship IN ('none', 'not known')
            AND NOT is_approved_elsewhere
    ) FROM lacks
    UNION ALL
    SELECT '4_matches_cleared_by_machine', NULL, (SELECT coalesce(sum(hits), 0) FROM sanctions WHERE review_status = 'False Positive' AND judged_by = 'machine') FROM lacks
    UNION ALL
    SELECT '4_matches_cleared_by_people', NULL, (SELECT coalesce(sum(hits), 0) FROM sanctions WHERE review_status = 'False Positive' AND judged_by = 'human') FROM lacks
    UNION ALL
    SELECT '4_matches_confirmed', NULL, (SELECT coalesce(sum(hits), 0) FROM sanctions WHERE review_status = 'Confirmed Match') FROM lacks
    UNION ALL
    SELECT '4_matches_open', NULL, (SELECT coalesce(sum(hits), 0) FROM sanctions WHERE coalesce(review_status NOT IN ('False Positive', 'Confirmed Match'), true)) FROM lacks
    UNION ALL
    SELECT '5_high_risk', ratings, (
        SELECT count(*)
        FROM firm_users
        WHERE risk_rating = 'high'
            AND coalesce(relationship_start < getvariable('period_to'), true)
            AND coalesce(relationship_end >= getvariable('period_to') - INTERVAL 1 DAY, true)
    ) FROM lacks
    UNION ALL
    SELECT '6_methods_documentary', NULL, (SELECT documentary FROM used) FROM lacks
    UNION ALL
    SELECT '6_methods_other', NULL, (SELECT others FROM used) FROM lacks
)
SELECT
    t.cell,
    t.section,
    t.question,
    'Appendix H, ' || t.section AS source,
    CASE WHEN a.lacks IS NULL THEN a.value::BIGINT END AS value,
    CASE WHEN a.lacks IS NULL THEN t.listing END AS listing,
    a.lacks AS missing_input,
    t.note
FROM told AS t
LEFT JOIN answers AS a
    ON a.cell = t.cell
ORDER BY t.cell
