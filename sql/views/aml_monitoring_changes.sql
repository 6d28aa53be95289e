-- One row: a hit that came, went or changed in a session that had been seen before, within a period.
--
-- What is told apart are two states of a session, one after the other; the change happened between previous_seen_at
-- and seen_at, which is the night that saw it, and the period is by seen_at. What a session's first version has is
-- not a change. Changes of risk or match score alone are in, with kind rescored; a changed judgement is judged,
-- whoever made it. Hits without an id cannot be told apart and are left out. When a resubmitted session is screened
-- again, its hits are new.
--
-- question: What did the ongoing monitoring change in a period, what became of the status, and how soon was it
--   reviewed?
-- parameter from_date: first day of the period, in UTC
-- parameter to_date: last day of the period
-- column seen_at internal: when the later state was seen
-- column previous_seen_at internal: when the state before was first seen
-- column hit_id criminal: the vendor's id of the hit
-- column change criminal: new, removed, judged or rescored
-- column data_sets criminal: as a list
-- column review_status_before criminal: null for a new hit
-- column review_status criminal: null for a removed hit
-- column risk_score_before criminal: null for a new hit
-- column risk_score criminal: null for a removed hit
-- column is_monitored internal: a screening of the later state is under ongoing monitoring
-- column session_status_before internal: of the state before
-- column session_status internal: of the later state
-- column moved_status internal: the two differ
-- column reviewed_at internal: the first time after seen_at that a person or program judged a hit or the screening or
--   changed the session's status; null: not yet, or the change is itself a judgement
-- column hours_to_review internal: from seen_at to reviewed_at
-- example: SELECT change, count(*), count(*) FILTER (moved_status), median(hours_to_review) FROM aml_monitoring_changes(DATE '2026-10-01', DATE '2026-10-31') GROUP BY change
CREATE OR REPLACE MACRO aml_monitoring_changes(from_date, to_date) AS TABLE
WITH pairs AS (
    SELECT
        v.application,
        v.session_id,
        v.vendor_data_key,
        v.workflow_id,
        v.workflow_label,
        v.version_seq,
        p.version_seq AS previous_seq,
        v.observed_at AS seen_at,
        p.observed_at AS previous_seen_at,
        p.status AS session_status_before,
        v.status AS session_status
    FROM sessions_versions AS v
    JOIN sessions_versions AS p
        ON p.application = v.application
        AND p.session_id = v.session_id
        AND p.next_seq = v.version_seq
    WHERE v.observed_at >= from_date::DATE::TIMESTAMP AT TIME ZONE 'UTC'
        AND v.observed_at < (to_date::DATE + 1)::TIMESTAMP AT TIME ZONE 'UTC'
        AND v.session_kind = 'user'
        AND v.environment IS DISTINCT FROM 'sandbox'
),
after_it AS (
    SELECT p.application, p.session_id, p.version_seq, h.row_key, h.caption, h.datasets, h.review_status, h.risk_score, h.match_score
    FROM pairs AS p
    JOIN aml_hits_versions AS h
        ON h.application = p.application
        AND h.session_id = p.session_id
        AND h.version_seq = p.version_seq
    WHERE h.row_key IS NOT NULL
),
before_it AS (
    SELECT p.application, p.session_id, p.version_seq, h.row_key, h.caption, h.datasets, h.review_status, h.risk_score, h.match_score
    FROM pairs AS p
    JOIN aml_hits_versions AS h
        ON h.application = p.application
        AND h.session_id = p.session_id
        AND h.version_seq = p.previous_seq
    WHERE h.row_key IS NOT NULL
),
compared AS (
    SELECT
        application,
        session_id,
        version_seq,
        row_key,
        coalesce(a.caption, b.caption) AS caption,
        TRY_CAST(coalesce(a.datasets, b.datasets) AS VARCHAR[]) AS data_sets,
        CASE
            WHEN b.version_seq IS NULL THEN 'new'
            WHEN a.version_seq IS NULL THEN 'removed'
            WHEN a.review_status IS DISTINCT FROM b.review_status THEN 'judged'
            WHEN a.risk_score IS DISTINCT FROM b.risk_score OR a.match_score IS DISTINCT FROM b.match_score THEN 'rescored'
        END AS change,
        b.review_status AS review_status_before,
        a.review_status,
        b.risk_score AS risk_score_before,
        a.risk_score
    FROM after_it AS a
    FULL JOIN before_it AS b USING (application, session_id, version_seq, row_key)
),
monitored AS (
    SELECT DISTINCT application, session_id, version_seq
    FROM aml_screenings_versions
    WHERE is_ongoing_monitoring_enabled
),
reviewing AS (
    SELECT application, session_id, created_at AS reviewed_at
    FROM activity
    WHERE activity_type IN ('AML_HIT_STATUS_UPDATED', 'AML_STATUS_UPDATED', 'STATUS_UPDATED')
        AND actor_type <> 'SYSTEM'
),
first_reviews AS (
    SELECT p.application, p.session_id, p.version_seq, min(r.reviewed_at) AS reviewed_at
    FROM pairs AS p
    JOIN reviewing AS r
        ON r.application = p.application
        AND r.session_id = p.session_id
    WHERE r.reviewed_at > p.seen_at
    GROUP BY p.application, p.session_id, p.version_seq
)
SELECT
    p.application,
    p.session_id,
    p.vendor_data_key,
    p.workflow_id,
    p.workflow_label,
    p.previous_seen_at,
    p.seen_at,
    c.row_key AS hit_id,
    c.change,
    c.caption,
    c.data_sets,
    c.review_status_before,
    c.review_status,
    c.risk_score_before,
    c.risk_score,
    m.session_id IS NOT NULL AS is_monitored,
    p.session_status_before,
    p.session_status,
    p.session_status_before IS DISTINCT FROM p.session_status AS moved_status,
    if(c.change = 'judged', NULL, r.reviewed_at) AS reviewed_at,
    if(c.change = 'judged', NULL, (epoch(r.reviewed_at) - epoch(p.seen_at)) / 3600) AS hours_to_review
FROM compared AS c
JOIN pairs AS p
    ON p.application = c.application
    AND p.session_id = c.session_id
    AND p.version_seq = c.version_seq
LEFT JOIN monitored AS m
    ON m.application = c.application
    AND m.session_id = c.session_id
    AND m.version_seq = c.version_seq
LEFT JOIN first_reviews AS r
    ON r.application = c.application
    AND r.session_id = c.session_id
    AND r.version_seq = c.version_seq
WHERE c.change IS NOT NULL
ORDER BY p.seen_at, p.application, p.session_id, hit_id
