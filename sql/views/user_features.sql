-- One row: a feature of a user and its latest status, over all of the user's sessions.
--
-- A user is an application's vendor_data without regard to case; sessions without vendor_data belong
-- to nobody. The latest status is that of the newest session that has the feature, as in the vendor's own
-- feature map of a user: a session that the vendor has deleted counts only where no
-- other session has the feature, and one in which it was not finished only where no other finished it; the vendor's map
-- leaves out what nobody finished. Within a session the list row's word, which the vendor
-- itself sums up, comes before the blocks' words, and of several steps of one feature the last; but a list row has no
-- word for a step that has expired, so that a block's Expired comes first.
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
        row_number() OVER (
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
latest AS (
    SELECT
        o.application,
        o.vendor_data_key,
        coalesce(f.feature, f.feature_raw) AS feature,
        -- The least by the first members, in their order. A window over all features takes six times as long.
        min({
            'is_deleted': o.is_deleted,
            'is_unfinished': coalesce(f.status = 'Not Finished', false),
            'nth': o.nth,
            'is_not_expired': f.status IS DISTINCT FROM 'Expired',
            'is_block': f.source IS DISTINCT FROM 'list_row',
            'block': f.block,
            'last_first': -f.block_ordinal,
            'status': f.status,
            'status_raw': f.status_raw,
            'source': f.source,
            'session_id': o.session_id
        }) AS says
    FROM ordered AS o
    JOIN session_features AS f
        ON f.application = o.application
        AND f.session_id = o.session_id
    WHERE coalesce(f.feature, f.feature_raw) IS NOT NULL
    GROUP BY ALL
)
SELECT
    s.application,
    l.vendor_data_key,
    s.vendor_data,
    l.feature,
    l.says.status AS status,
    l.says.status_raw AS status_raw,
    l.says.source AS source,
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
    AND s.session_id = l.says.session_id
