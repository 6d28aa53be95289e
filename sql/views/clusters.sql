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
names AS MATERIALIZED ( -- numbered in their order: numbers are handed on faster than texts
    SELECT
        application,
        vendor_data_key,
        count(*) AS shared_items,
        array_to_string(list_sort(list_distinct(list(kind))), ', ') AS kinds,
        row_number() OVER (ORDER BY application, vendor_data_key) AS nth
    FROM shares
    GROUP BY application, vendor_data_key
),
items AS (
    SELECT application, kind, item, row_number() OVER () AS nth
    FROM (SELECT DISTINCT application, kind, item FROM shares)
),
has AS MATERIALIZED (
    SELECT u.nth AS user_nth, i.nth AS item_nth
    FROM shares AS s
    JOIN names AS u
        ON u.application = s.application
        AND u.vendor_data_key = s.vendor_data_key
    JOIN items AS i
        ON i.application = s.application
        AND i.kind = s.kind
        AND i.item = s.item
),
reached AS ( -- ends early when nobody moves any more
    SELECT 0 AS step, nth AS user_nth, nth AS label, true AS has_moved
    FROM names
    UNION ALL
    SELECT
        step + 1,
        user_nth,
        least(min(label), min(offered)),
        min(offered) < min(label)
    FROM (
        SELECT
            r.step,
            h.user_nth,
            r.label,
            min(r.label) OVER (PARTITION BY h.item_nth) AS offered
        FROM reached AS r
        JOIN has AS h
            ON h.user_nth = r.user_nth
        WHERE r.step < iterations
            AND (SELECT bool_or(has_moved) FROM reached)
    )
    GROUP BY step, user_nth
),
last AS (
    SELECT
        user_nth,
        label,
        count(*) OVER (PARTITION BY label) AS users,
        NOT bool_or(has_moved) OVER (PARTITION BY label) AS is_complete
    FROM reached
    WHERE step = (SELECT max(step) FROM reached)
)
SELECT
    u.application,
    c.vendor_data_key AS cluster,
    l.users,
    u.vendor_data_key,
    u.shared_items,
    u.kinds,
    l.is_complete
FROM last AS l
JOIN names AS u
    ON u.nth = l.user_nth
JOIN names AS c
    ON c.nth = l.label
