-- One row: a customer of the organisation's reference file who is counted in a cell of the worksheet.
--
-- Designed to support REP-CRIM: whom each number of customers by risk is made of. Without a file there is none.
--
-- key: cell, customer
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column customer firm_users.vendor_data_key
-- column vendor_data firm_users.vendor_data
-- column risk_rating firm_users.risk_rating
-- column relationship_start firm_users.relationship_start
-- column relationship_end firm_users.relationship_end
WITH rated AS (
    FROM firm_users AS f
    ANTI JOIN (
        FROM screened_people_on(getvariable('period_to') - INTERVAL 1 DAY)
        WHERE category = 'pep'
            AND confirmed > 0
            AND is_approved
    ) AS p
        ON p.person = f.vendor_data_key
    WHERE f.risk_rating = 'high'
        AND coalesce(f.relationship_start < getvariable('period_to'), true)
        AND coalesce(f.relationship_end >= getvariable('period_to') - INTERVAL 1 DAY, true)
        AND (SELECT known_from FROM knowledge) < getvariable('period_to')
),
counted AS (
    SELECT '2_high_risk_end' AS cell, r.*
    FROM rated AS r
    UNION ALL
    SELECT '2_high_risk_new', r.*
    FROM rated AS r
    WHERE relationship_start >= getvariable('period_from')
)
SELECT
    cell,
    vendor_data_key AS customer,
    vendor_data,
    risk_rating,
    relationship_start,
    relationship_end
FROM counted
ORDER BY cell, customer
