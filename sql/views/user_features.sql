-- One row: a feature of a user and its latest status, over all of the user's sessions.
--
-- A user is an application's vendor_data without regard to case; sessions without vendor_data belong
-- to nobody. The latest status is that of the newest session that has the feature, as in the vendor's own
-- feature map of a user: a session that the vendor has deleted counts only where no
-- other session has the feature, and one in which it was not finished only where no other finished it; the vendor's map
-- leaves out what nobody finished. A step that was sent back is Resub Requested, whatever came of it before.
-- Within a session the list row's word, which the vendor itself sums up, comes before the blocks' words, and of several
-- steps of one feature the last; but a list row has no word for a step that has expired, so that a block's Expired
-- comes first.
-- Business sessions are left out. Sandbox sessions are in: see environment.
--
-- question: Which features has a user passed, and how does each stand right now?
-- column source: whether the list row or a block of the decision says so
-- column session_id: the session that says so
-- column session_status internal: of that session
-- column session_created_at internal: of that session
-- example: SELECT feature, status, session_created_at FROM user_features WHERE vendor_data_key = 'customer-4711'
CREATE OR REPLACE VIEW user_features AS
WITH ordered AS (
    SELECT
        application,
        session_id,
        vendor_data_key,
        coalesce(upstream_state = 'deleted', false) AS is_deleted,
        row_number() OVER ( -- of the user alone: a question for one user then reads only theirs
            PARTITION BY application, vendor_data_key
            ORDER BY
                created_at DESC NULLS LAST,
                session_number DESC NULLS LAST,
                session_id DESC
        ) AS nth
    FROM sessions
    WHERE vendor_data_key IS NOT NULL
        AND session_kind = 'user'
),
said AS (
    SELECT
        o.application,
        o.vendor_data_key,
        o.session_id,
        coalesce(f.feature, f.feature_raw) AS feature,
        f.status,
        f.status_raw,
        f.source,
        -- What counts first, as digits of one number: the least of numbers is found faster than that of a structure, or
        -- by a window. A block has a feature of its own, so that no two are alike.
        (((o.is_deleted::BIGINT * 2 + coalesce(f.status = 'Not Finished', false)::BIGINT) * 100000000 + o.nth) * 4
            + (f.status IS DISTINCT FROM 'Expired')::BIGINT * 2 + (f.source IS DISTINCT FROM 'list_row')::BIGINT) * 100000
            - f.block_ordinal AS place
    FROM ordered AS o
    JOIN session_features AS f
        ON f.application = o.application
        AND f.session_id = o.session_id
    WHERE coalesce(f.feature, f.feature_raw) IS NOT NULL
),
latest AS (
    SELECT
        application,
        vendor_data_key,
        feature,
        arg_min(session_id, place) AS session_id,
        arg_min_null(status, place) AS status,
        arg_min_null(status_raw, place) AS status_raw,
        arg_min(source, place) AS source
    FROM said
    GROUP BY application, vendor_data_key, feature
)
SELECT
    s.application,
    l.vendor_data_key,
    s.vendor_data,
    l.feature,
    l.status,
    l.status_raw,
    l.source,
    s.session_id,
    s.session_number,
    s.status AS session_status,
    s.created_at AS session_created_at,
    s.environment,
    s.upstream_state,
    s.version_seq,
    s.observed_at
FROM latest AS l
JOIN sessions AS s
    ON s.application = l.application
    AND s.session_id = l.session_id
