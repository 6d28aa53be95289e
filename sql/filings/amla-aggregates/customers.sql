-- One row: a customer of the organisation's reference file who is counted in a cell of the worksheet.
--
-- Designed to support the risk data of supervisors: whom each number of customers is made of. Without a file there is none.
--
-- key: cell, customer
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column customer firm_users.vendor_data_key
-- column vendor_data firm_users.vendor_data
-- column risk_rating firm_users.risk_rating
-- column relationship_start firm_users.relationship_start
-- column relationship_end firm_users.relationship_end
WITH begun AS (
    SELECT
        vendor_data_key,
        vendor_data,
        risk_rating,
        relationship_start,
        relationship_end,
        coalesce(relationship_end >= getvariable('period_to') - INTERVAL 1 DAY, true) AS is_there
    FROM firm_users
    WHERE coalesce(relationship_start < getvariable('period_to'), true)
),
counted AS (
    SELECT '1_customers_end' AS cell, b.*
    FROM begun AS b
    WHERE is_there
    UNION ALL
    SELECT '1_customers_ended', b.*
    FROM begun AS b
    WHERE relationship_end >= getvariable('period_from')
        AND relationship_end < getvariable('period_to')
    UNION ALL
    SELECT '1_customers_new', b.*
    FROM begun AS b
    WHERE relationship_start >= getvariable('period_from')
    UNION ALL
    SELECT '3_risk_' || coalesce(risk_rating, 'none'), b.*
    FROM begun AS b
    WHERE is_there
        AND EXISTS (FROM firm_users WHERE risk_rating IS NOT NULL)
    UNION ALL
    SELECT '4_channel_other', b.*
    FROM begun AS b
    ANTI JOIN approvals AS a
        ON a.vendor_data_key = b.vendor_data_key
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
