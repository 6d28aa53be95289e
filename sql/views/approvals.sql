-- One row: a live session of a person that is approved, or was until its document expired, with when it was approved.
--
-- A session whose approval was overturned is not here. The approval is the last change to Approved that the activity
-- feed or a review tells. What a reviewer does to a single feature of an approved session is told in both as well, and
-- is no approval: the feed has it as a change from Approved to Approved. Where neither tells an approval, approved_at is
-- when the session was created, which is earlier than the approval by as long as the applicant and the vendor's rules
-- took.
--
-- column approved_at internal: when it was approved last
-- column approved_is_exact internal: the vendor named the instant; else it is when the session was created
-- column first_approved_at internal: when it was approved first, with the same exactness
-- example: SELECT approved_is_exact, count(*) FROM approvals GROUP BY approved_is_exact
CREATE OR REPLACE VIEW approvals AS
WITH told AS (
    SELECT application, session_id, max(created_at) AS approved_at, min(created_at) AS first_approved_at
    FROM (
        SELECT application, session_id, created_at
        FROM activity
        WHERE activity_type = 'STATUS_UPDATED'
            AND new_status = 'Approved'
            AND previous_status IS DISTINCT FROM new_status
        UNION ALL
        SELECT r.application, r.session_id, r.created_at
        FROM reviews AS r
        ANTI JOIN (FROM activity WHERE activity_type = 'STATUS_UPDATED') AS f
            ON f.application = r.application
            AND f.session_id = r.session_id
            AND f.created_at = r.created_at
        WHERE r.new_status = 'Approved'
    )
    GROUP BY application, session_id
)
SELECT
    s.application,
    s.session_id,
    s.session_number,
    s.vendor_data,
    s.vendor_data_key,
    s.status,
    s.created_at,
    coalesce(t.approved_at, s.created_at) AS approved_at,
    t.approved_at IS NOT NULL AS approved_is_exact,
    coalesce(t.first_approved_at, s.created_at) AS first_approved_at,
    s.expires_at,
    s.workflow_label,
    s.upstream_state
FROM live_sessions AS s
LEFT JOIN told AS t
    ON t.application = s.application
    AND t.session_id = s.session_id
WHERE s.status IN ('Approved', 'Kyc Expired')
