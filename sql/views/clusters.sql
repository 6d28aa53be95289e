-- One row: a user who is connected with others by what they share.
--
-- Two users are connected when they share a document, a personal number, a phone number, an e-mail address or a device
-- (see shared_items), and with all to whom those are connected. Network addresses connect only if asked for: strangers
-- share them. What more than max_users users share connects nobody; clusters_left_out counts it.
--
-- A cluster is found by handing on the smallest vendor_data, from user to user, iterations times. is_complete is false
-- where the last time still changed something: then the cluster is part of a larger one.
--
-- question: Which users are connected by what they share?
-- parameter max_users: what more users share is left out
-- parameter iterations: how often the smallest name is handed on; a chain of so many users is found whole
-- parameter with_ip: network addresses connect, too
-- column cluster pii: its smallest vendor_data, in lower case
-- column users internal: how many the cluster has
-- column shared_items internal: how many things this user shares
-- column kinds internal: of what this user shares
-- column is_complete internal: no user of the cluster was still moving when the iterations were over
-- example: SELECT cluster, users, vendor_data_key, kinds FROM clusters() ORDER BY users DESC, cluster, vendor_data_key
CREATE OR REPLACE MACRO clusters(max_users := 50, iterations := 12, with_ip := false) AS TABLE
WITH RECURSIVE shares AS MATERIALIZED (
    SELECT application, kind, item, vendor_data_key
    FROM shared_items
    WHERE users <= max_users
        AND (with_ip OR kind <> 'ip')
),
reached AS (
    SELECT DISTINCT 0 AS step, application, vendor_data_key, vendor_data_key AS label, true AS has_moved
    FROM shares
    UNION ALL
    SELECT
        step + 1,
        application,
        vendor_data_key,
        least(min(label), min(offered)),
        min(offered) < min(label)
    FROM (
        SELECT
            r.step,
            s.application,
            s.vendor_data_key,
            r.label,
            min(r.label) OVER (PARTITION BY s.application, s.kind, s.item) AS offered
        FROM reached AS r
        JOIN shares AS s
            ON s.application = r.application
            AND s.vendor_data_key = r.vendor_data_key
        WHERE r.step < iterations
    )
    GROUP BY step, application, vendor_data_key
),
last AS (
    SELECT
        application,
        vendor_data_key,
        label AS cluster,
        count(*) OVER (PARTITION BY application, label) AS users,
        NOT bool_or(has_moved) OVER (PARTITION BY application, label) AS is_complete
    FROM reached
    WHERE step = iterations
)
SELECT
    l.application,
    l.cluster,
    l.users,
    l.vendor_data_key,
    s.shared_items,
    s.kinds,
    l.is_complete
FROM last AS l
JOIN (
    SELECT application, vendor_data_key, count(*) AS shared_items, string_agg(DISTINCT kind, ', ' ORDER BY kind) AS kinds
    FROM shares
    GROUP BY application, vendor_data_key
) AS s
    ON s.application = l.application
    AND s.vendor_data_key = l.vendor_data_key
