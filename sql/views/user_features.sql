-- One row: a feature of a user and its latest status, over all of the user's sessions.
--
-- A user is an application's vendor_data without regard to case; sessions without vendor_data belong
-- to nobody. The latest status is that of the newest session that has the feature, as the vendor
-- defines the feature map of a user: a session that the vendor has deleted counts only where no
-- other session has the feature. Within a session the list row's word, which the vendor
-- itself sums up, comes before the blocks' words, and of several steps of one feature the last.
-- Business sessions are left out. Sandbox sessions are in: see environment.
--
-- question: Which features has a user passed, and how does each stand right now?
-- column source: whether the list row or a block of the decision says so
-- column session_id: the session that says so
-- column session_status internal: of that session
-- column session_created_at internal: of that session
-- example: SELECT feature, status, session_created_at FROM user_features WHERE vendor_data_key = 'customer-4711'
CREATE OR REPLACE VIEW user_features AS
SELECT
    s.application,
    s.vendor_data_key,
    s.vendor_data,
    coalesce(f.feature, f.feature_raw) AS feature,
    f.status,
    f.status_raw,
    f.source,
    s.session_id,
    s.session_number,
    s.status AS session_status,
    s.created_at AS session_created_at,
    s.environment,
    s.upstream_state,
    s.version_seq,
    s.observed_at
FROM sessions AS s
JOIN session_features AS f
    ON f.application = s.application
    AND f.session_id = s.session_id
WHERE s.vendor_data_key IS NOT NULL
    AND s.session_kind = 'user'
    AND coalesce(f.feature, f.feature_raw) IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY s.application, s.vendor_data_key, coalesce(f.feature, f.feature_raw)
    ORDER BY
        coalesce(s.upstream_state = 'deleted', false),
        s.created_at DESC NULLS LAST,
        s.session_number DESC NULLS LAST,
        s.session_id DESC,
        f.source = 'list_row' DESC,
        f.block,
        f.block_ordinal DESC
) = 1
