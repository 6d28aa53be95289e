-- One row: a user as the organisation's own file of customers has them, over all legal entities and products.
--
-- The rating is the highest of the relationships. A user's relationship has ended when all of them have.
--
-- column relationships internal: how many the file has
-- column risk_rating sensitive: the highest; null where none is rated
-- column relationship_start pii: the earliest
-- column relationship_end pii: the latest; null while one goes on
-- example: SELECT risk_rating, count(*) FROM firm_users GROUP BY risk_rating
CREATE OR REPLACE VIEW firm_users AS
SELECT
    vendor_data_key,
    min(vendor_data) AS vendor_data,
    count(*) AS relationships,
    CASE max(CASE risk_rating WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 END)
        WHEN 3 THEN 'high' WHEN 2 THEN 'medium' WHEN 1 THEN 'low' END AS risk_rating,
    min(relationship_start) AS relationship_start,
    CASE WHEN count(*) = count(relationship_end) THEN max(relationship_end) END AS relationship_end
FROM firm_customers
GROUP BY vendor_data_key
