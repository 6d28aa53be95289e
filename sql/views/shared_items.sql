-- One row: a user who has something that another user of the application has, too.
--
-- Live sessions of users count; those without vendor_data belong to nobody.
-- See session_items for what that may be. An address of a large network or a device that is lent out is shared by many
-- who have nothing to do with one another: users says how many.
--
-- column kind internal: document, personal number, phone, email, device or ip
-- column item sensitive: see session_items
-- column users internal: how many users have it
-- column sessions internal: of this user that have it
-- column first_created_at internal: creation of the earliest of them
-- column last_created_at internal: creation of the latest
-- column approved_sessions internal: of them, status Approved or Kyc Expired
-- example: SELECT kind, count(DISTINCT item) FROM shared_items GROUP BY kind
CREATE OR REPLACE VIEW shared_items AS
WITH repeated AS (
    SELECT application, kind, item
    FROM session_items
    GROUP BY application, kind, item
    HAVING count(*) > 1
),
used AS (
    SELECT
        i.application,
        i.kind,
        i.item,
        s.vendor_data_key,
        count(DISTINCT i.session_id) AS sessions,
        min(s.created_at) AS first_created_at,
        max(s.created_at) AS last_created_at,
        count(DISTINCT i.session_id) FILTER (s.status IN ('Approved', 'Kyc Expired')) AS approved_sessions
    FROM session_items AS i
    SEMI JOIN repeated AS r
        ON r.application = i.application
        AND r.kind = i.kind
        AND r.item = i.item
    JOIN live_sessions AS s
        ON s.application = i.application
        AND s.session_id = i.session_id
    WHERE s.vendor_data_key IS NOT NULL
    GROUP BY i.application, i.kind, i.item, s.vendor_data_key
)
SELECT
    application,
    kind,
    item,
    vendor_data_key,
    count(*) OVER same AS users,
    sessions,
    first_created_at,
    last_created_at,
    approved_sessions
FROM used
WINDOW same AS (PARTITION BY application, kind, item)
QUALIFY count(*) OVER same > 1
