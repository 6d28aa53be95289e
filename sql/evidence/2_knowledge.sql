-- Is anything frozen? How old our knowledge of each class may be, and how old it was when the night ended.
SELECT
    class,
    sessions,
    round(promise_seconds / 86400, 1) AS days_promised,
    round(oldest_seconds / 86400, 1) AS days_oldest,
    checked AS looked_at_tonight,
    beyond AS older_than_promised,
    CASE WHEN beyond = 0 THEN 'kept' WHEN nights IS NULL THEN 'not at this budget' ELSE 'in ' || nights || ' nights' END AS promise
FROM promises
WHERE run_id = (SELECT arg_max(run_id, version_seq) FROM runs WHERE kind = 'sync')
ORDER BY promise_seconds, class
