-- One row: a verification of a natural person, with how often the person was searched for and what was found.
--
-- Designed to support the log of screenings that AMLR Article 77 and Appendix H ask for. A session without a screening is
-- here, too: its screenings are 0.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column vendor_data sessions.vendor_data
-- column created_at sessions.created_at
-- column status sessions.status
-- column screenings criminal: how often the person was searched for
-- column hits criminal: entries that resemble the person, in all screenings
-- column hits_unreviewed criminal: those that nobody has judged
-- column hits_confirmed criminal: those that are the person
-- column hits_cleared criminal: those that are another one, by whoever's judgement
-- column is_monitored internal: a screening is repeated by the vendor
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
WITH screened AS (
    SELECT application, session_id, count(*) AS screenings, bool_or(is_ongoing_monitoring_enabled) AS is_monitored
    FROM aml_screenings
    SEMI JOIN members USING (application, session_id)
    GROUP BY application, session_id
),
found AS (
    SELECT
        application,
        session_id,
        count(*) AS hits,
        count(*) FILTER (review_status = 'Unreviewed') AS unreviewed,
        count(*) FILTER (review_status = 'Confirmed Match') AS confirmed,
        count(*) FILTER (review_status = 'False Positive') AS cleared
    FROM aml_hits
    SEMI JOIN members USING (application, session_id)
    GROUP BY application, session_id
)
SELECT
    m.application,
    m.session_id,
    m.vendor_data,
    m.created_at,
    m.status,
    coalesce(s.screenings, 0) AS screenings,
    coalesce(f.hits, 0) AS hits,
    coalesce(f.unreviewed, 0) AS hits_unreviewed,
    coalesce(f.confirmed, 0) AS hits_confirmed,
    coalesce(f.cleared, 0) AS hits_cleared,
    coalesce(s.is_monitored, false) AS is_monitored,
    m.version_seq,
    m.observed_at
FROM members AS m
LEFT JOIN screened AS s
    ON s.application = m.application
    AND s.session_id = m.session_id
LEFT JOIN found AS f
    ON f.application = m.application
    AND f.session_id = m.session_id
ORDER BY m.application, m.session_id
