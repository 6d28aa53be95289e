-- One row: an account of the request letter: a relationship of the organisation's reference file that began in the period.
--
-- Designed to support Appendix H: the list of new accounts, and the one of accounts with exceptions. Without a file there is
-- none.
--
-- key: cell, number
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column number internal: of the account within the cell, from 1
-- column vendor_data firm_customers.vendor_data
-- column legal_entity firm_customers.legal_entity
-- column product firm_customers.product
-- column relationship_start firm_customers.relationship_start
-- column first_approved_at verified_after_start.first_approved_at
-- column why verified_after_start.why
WITH begun AS (
    SELECT c.vendor_data_key, c.vendor_data, c.legal_entity, c.product, c.relationship_start, u.relationship_start AS first_start
    FROM firm_customers AS c
    JOIN firm_users AS u
        ON u.vendor_data_key = c.vendor_data_key
    WHERE c.relationship_start >= getvariable('period_from')
        AND c.relationship_start < getvariable('period_to')
),
approved AS (
    SELECT vendor_data_key, min(first_approved_at) AS first_approved_at
    FROM approvals
    WHERE vendor_data_key IS NOT NULL
    GROUP BY vendor_data_key
),
listed AS (
    SELECT
        CASE WHEN b.first_start < getvariable('period_from') THEN '1_new_accounts_existing' ELSE '1_new_accounts_new' END AS cell,
        b.vendor_data,
        b.legal_entity,
        b.product,
        b.relationship_start,
        a.first_approved_at,
        NULL AS why
    FROM begun AS b
    LEFT JOIN approved AS a
        ON a.vendor_data_key = b.vendor_data_key
    UNION ALL
    SELECT '2_late', vendor_data, legal_entity, product, relationship_start, first_approved_at, why
    FROM verified_after_start
    WHERE relationship_start >= getvariable('period_from')
        AND relationship_start < getvariable('period_to')
)
SELECT
    cell,
    row_number() OVER (PARTITION BY cell ORDER BY vendor_data, legal_entity, product, relationship_start) AS number,
    vendor_data,
    legal_entity,
    product,
    relationship_start,
    first_approved_at,
    why
FROM listed
ORDER BY cell, number
