-- Is anything missing? The vendor's counts of the newest night, held against the lake.
SELECT
    CASE kind WHEN 'user' THEN 'persons' WHEN 'business' THEN 'companies' ELSE 'counters of users' END AS counted,
    CASE dimension WHEN 'all' THEN 'in all' WHEN 'month' THEN 'by month' WHEN 'status' THEN 'by status'
        WHEN 'month_status' THEN 'by month and status' ELSE 'added up' END AS how,
    count(*) AS figures,
    count(*) FILTER (WHERE state = 'equal') AS equal,
    count(*) FILTER (WHERE state = 'moving') AS moving,
    count(*) FILTER (WHERE state = 'explained') AS explained,
    count(*) FILTER (WHERE state = 'differs') AS differ,
    max(explanation) AS for_example
FROM control_totals
WHERE run_id = (SELECT arg_max(run_id, version_seq) FROM runs WHERE kind = 'sync')
GROUP BY kind, dimension
ORDER BY kind DESC, dimension
