-- One row: a relationship that began before the customer was verified, or whose customer never was; or that this cannot be told.
--
-- Designed to support Appendix H, exceptions to verification. Without the organisation's own file of customers there is one
-- row, whose missing_input says so.
--
-- key: number
-- column number internal: of the relationship, from 1
-- column vendor_data firm_customers.vendor_data
-- column legal_entity firm_customers.legal_entity
-- column product firm_customers.product
-- column relationship_start firm_customers.relationship_start
-- column first_approved_at verified_after_start.first_approved_at
-- column days_before verified_after_start.days_before
-- column why verified_after_start.why
-- column reference verified_after_start.reference
-- column missing_input verified_after_start.missing_input
SELECT
    row_number() OVER (ORDER BY v.vendor_data_key, v.legal_entity, v.product, v.relationship_start, v.vendor_data) AS number,
    v.vendor_data,
    v.legal_entity,
    v.product,
    v.relationship_start,
    v.first_approved_at,
    v.days_before,
    v.why,
    v.reference,
    v.missing_input
FROM verified_after_start AS v
WHERE v.relationship_start IS NULL
    OR v.relationship_start >= getvariable('period_from')
        AND v.relationship_start < getvariable('period_to')
ORDER BY number
