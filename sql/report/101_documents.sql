-- chapter: Re-verification and expiring documents
-- title: Documents of approved users that expire
-- defines: documents_expiring
-- chart: bars expires users
-- unit: users
SELECT
    CASE bucket WHEN 'expired' THEN 'expired' ELSE 'within ' || bucket || ' days' END AS expires,
    count(*) AS users,
    count(*) FILTER (vendor_user_status = 'ACTIVE') AS active,
    min(expires_on) AS earliest
FROM documents_expiring(90)
GROUP BY ALL
ORDER BY min(days_left)
