-- What did the vendor drop? Sessions that are not listed any more, and what is proven of them.
SELECT
    CASE coalesce(s.upstream_state, 'present')
        WHEN 'present' THEN CASE WHEN k.gone_since IS NULL THEN 'not listed, nothing is proven' ELSE 'not listed, one proof of two' END
        ELSE s.upstream_state END AS state,
    count(*) AS sessions,
    min(k.absent_since)::DATE AS since,
    max(split_part(s.upstream_reason, ':', 1)) AS cause,
    max(s.upstream_reason) AS for_example
FROM session_state AS k
JOIN sessions AS s
    ON s.application = k.application
    AND s.session_id = k.session_id
WHERE k.absent_since IS NOT NULL
GROUP BY 1
ORDER BY 1
