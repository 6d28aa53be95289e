-- One row: a verification of a natural person in the live environment that was created in the period, as it is known.
--
-- Designed to support the listing of a population under AMLR Article 77 and FATF Recommendation 11. A session that the
-- vendor has deleted is here with its last known values: see upstream_state. Identity is that of the first document of
-- the session, screening that of its newest screening.
--
-- key: application, session_id
-- column application sessions.application
-- column session_id sessions.session_id
-- column session_number sessions.session_number
-- column vendor_data sessions.vendor_data
-- column workflow_id sessions.workflow_id
-- column workflow_version sessions.workflow_version
-- column created_at sessions.created_at
-- column status sessions.status
-- column upstream_state sessions.upstream_state
-- column first_decision decisions.first_status
-- column first_decision_at decisions.first_at
-- column first_decision_by decisions.first_actor
-- column last_decision decisions.last_status
-- column last_decision_at decisions.last_at
-- column last_decision_by decisions.last_actor
-- column decisions decisions.decisions
-- column first_name id_verifications.first_name
-- column last_name id_verifications.last_name
-- column full_name id_verifications.full_name
-- column date_of_birth id_verifications.date_of_birth
-- column nationality id_verifications.nationality_iso3
-- column document_type id_verifications.document_type
-- column document_number id_verifications.document_number
-- column issuing_state id_verifications.issuing_state_iso3
-- column expiration_date id_verifications.expiration_date
-- column document_status id_verifications.status
-- column liveness_status liveness_checks.status
-- column face_match_status face_matches.status
-- column address_status poa_verifications.status
-- column screenings criminal: how often the person was searched for in lists
-- column screening_status aml_screenings.status
-- column hits criminal: entries of the lists that resemble the person, in the newest screening
-- column hits_unreviewed criminal: those of them that nobody has judged
-- column hits_confirmed criminal: those of them that are the person
-- column warnings internal: how many warnings the features of the session raised
-- column version_seq sessions.version_seq
-- column observed_at sessions.observed_at
WITH documents AS (
    FROM id_verifications
    SEMI JOIN members USING (application, session_id)
    QUALIFY row_number() OVER (PARTITION BY application, session_id ORDER BY block_ordinal) = 1
),
liveness AS (
    FROM liveness_checks
    SEMI JOIN members USING (application, session_id)
    QUALIFY row_number() OVER (PARTITION BY application, session_id ORDER BY block_ordinal DESC) = 1
),
faces AS (
    FROM face_matches
    SEMI JOIN members USING (application, session_id)
    QUALIFY row_number() OVER (PARTITION BY application, session_id ORDER BY block_ordinal DESC) = 1
),
addresses AS (
    FROM poa_verifications
    SEMI JOIN members USING (application, session_id)
    QUALIFY row_number() OVER (PARTITION BY application, session_id ORDER BY block_ordinal DESC) = 1
),
screenings AS (
    SELECT
        application,
        session_id,
        count(*) AS screenings,
        max(block_ordinal) AS newest,
        arg_max(status, block_ordinal) AS status
    FROM aml_screenings
    SEMI JOIN members USING (application, session_id)
    GROUP BY application, session_id
),
hits AS (
    SELECT
        h.application,
        h.session_id,
        count(*) AS hits,
        count(*) FILTER (h.review_status = 'Unreviewed') AS unreviewed,
        count(*) FILTER (h.review_status = 'Confirmed Match') AS confirmed
    FROM aml_hits AS h
    JOIN screenings AS a
        ON a.application = h.application
        AND a.session_id = h.session_id
        AND a.newest = h.block_ordinal
    GROUP BY h.application, h.session_id
),
raised AS (
    SELECT application, session_id, count(*) AS warnings
    FROM warnings
    SEMI JOIN members USING (application, session_id)
    GROUP BY application, session_id
)
SELECT
    m.application,
    m.session_id,
    m.session_number,
    m.vendor_data,
    m.workflow_id,
    m.workflow_version,
    m.created_at,
    m.status,
    m.upstream_state,
    d.first_status AS first_decision,
    d.first_at AS first_decision_at,
    d.first_actor AS first_decision_by,
    d.last_status AS last_decision,
    d.last_at AS last_decision_at,
    d.last_actor AS last_decision_by,
    coalesce(d.decisions, 0) AS decisions,
    i.first_name,
    i.last_name,
    i.full_name,
    i.date_of_birth,
    i.nationality_iso3 AS nationality,
    i.document_type,
    i.document_number,
    i.issuing_state_iso3 AS issuing_state,
    i.expiration_date,
    i.status AS document_status,
    l.status AS liveness_status,
    f.status AS face_match_status,
    p.status AS address_status,
    coalesce(a.screenings, 0) AS screenings,
    a.status AS screening_status,
    coalesce(h.hits, 0) AS hits,
    coalesce(h.unreviewed, 0) AS hits_unreviewed,
    coalesce(h.confirmed, 0) AS hits_confirmed,
    coalesce(w.warnings, 0) AS warnings,
    m.version_seq,
    m.observed_at
FROM members AS m
LEFT JOIN decisions AS d
    ON d.application = m.application
    AND d.session_id = m.session_id
LEFT JOIN documents AS i
    ON i.application = m.application
    AND i.session_id = m.session_id
LEFT JOIN liveness AS l
    ON l.application = m.application
    AND l.session_id = m.session_id
LEFT JOIN faces AS f
    ON f.application = m.application
    AND f.session_id = m.session_id
LEFT JOIN addresses AS p
    ON p.application = m.application
    AND p.session_id = m.session_id
LEFT JOIN screenings AS a
    ON a.application = m.application
    AND a.session_id = m.session_id
LEFT JOIN hits AS h
    ON h.application = m.application
    AND h.session_id = m.session_id
LEFT JOIN raised AS w
    ON w.application = m.application
    AND w.session_id = m.session_id
ORDER BY m.application, m.session_id
