-- One row: a line about the subject in a version of the organisation's own file of customers.
--
-- key: version_seq, line
-- column version_seq firm_customers.version_seq
-- column line firm_customers.line
-- column observed_at firm_customers.observed_at
-- column vendor_data firm_customers.vendor_data
-- column legal_entity firm_customers.legal_entity
-- column product firm_customers.product
-- column risk_rating firm_customers.risk_rating
-- column relationship_start firm_customers.relationship_start
-- column relationship_end firm_customers.relationship_end
-- column next_seq internal: version_seq of the version that replaced this one; null: none did until the instant of the filing
SELECT
    c.version_seq,
    c.line,
    c.observed_at,
    c.vendor_data,
    c.legal_entity,
    c.product,
    c.risk_rating,
    c.relationship_start,
    c.relationship_end,
    c.next_seq
FROM firm_customers_versions AS c
WHERE c.vendor_data_key IN (SELECT vendor_data_key FROM subject_keys)
ORDER BY c.version_seq, c.line
