-- One row: a customer of high risk at the end of the period, by the organisation's reference file.
--
-- Designed to support Appendix H: the list of higher-risk accounts. Without a file there is none.
--
-- key: cell, customer
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column customer firm_users.vendor_data_key
-- column vendor_data firm_users.vendor_data
-- column risk_rating firm_users.risk_rating
-- column relationships firm_users.relationships
-- column relationship_start firm_users.relationship_start
SELECT
    '5_high_risk' AS cell,
    vendor_data_key AS customer,
    vendor_data,
    risk_rating,
    relationships,
    relationship_start
FROM firm_users
WHERE risk_rating = 'high'
    AND coalesce(relationship_start < getvariable('period_to'), true)
    AND coalesce(relationship_end >= getvariable('period_to') - INTERVAL 1 DAY, true)
ORDER BY cell, customer
