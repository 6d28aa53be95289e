-- One row: a kind of thing that connects users, with how many of them clusters leaves out because too many users share them.
--
-- question: What do clusters not show?
-- parameter max_users: as clusters was asked
-- column kind internal: document, personal number, phone, email, device or ip
-- column items internal: shared by more users than that
-- column most_users internal: who share one of them
-- example: SELECT kind, items, most_users FROM clusters_left_out() ORDER BY kind
CREATE OR REPLACE MACRO clusters_left_out(max_users := 50) AS TABLE
SELECT
    application,
    kind,
    count(DISTINCT item) AS items,
    max(users) AS most_users
FROM shared_items
WHERE users > max_users
GROUP BY application, kind
