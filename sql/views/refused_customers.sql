-- One row: a live session that was declined within a period and is declined still, with the relationship that there is.
--
-- The decline is the last decision of the session (see decisions), from the first to the last day of the period, in
-- UTC. The vendor does not name the instant where its own rules declined: declined_at is then when that was seen, or
-- when the session was created, if it was declined already when it was first seen. relationship is none where the organisation's own file of customers does not have the user, ended where all
-- relationships ended before knowledge.known_until, else exists; not known without a file. Whether a relationship ended
-- because of the decline is not known. Sessions without vendor_data are here with relationship not known.
--
-- question: Whom did we refuse in a period, and is there a relationship nevertheless?
-- parameter from_date: first day
-- parameter to_date: last day
-- column declined_at internal: when it was declined, as far as known
-- column declined_at_from internal: told (by the vendor), seen (between two nights: the later) or created
-- column declined_by internal: person, program or system
-- column is_approved_elsewhere internal: another session of the user is approved, see approvals
-- column relationship internal: exists, ended, none or not known
-- column reference internal: day of the file of customers, or none loaded
-- column missing_input internal: what the answer lacks; null: nothing
-- example: SELECT relationship, count(*) FROM refused_customers(DATE '2026-01-01', DATE '2026-12-31') GROUP BY relationship
CREATE OR REPLACE MACRO refused_customers(from_date, to_date) AS TABLE
WITH declined AS (
    SELECT application, session_id, vendor_data_key, created_at, last_at, last_actor, last_is_exact
    FROM decisions
    WHERE status = 'Declined'
        AND last_status = 'Declined'
),
first_seen AS (
    SELECT v.application, v.session_id, min(v.observed_at) AS seen_at
    FROM sessions_versions AS v
    SEMI JOIN declined AS d
        ON d.application = v.application
        AND d.session_id = v.session_id
    GROUP BY v.application, v.session_id
),
timed AS (
    SELECT
        d.*,
        CASE WHEN d.last_is_exact THEN 'told' WHEN d.last_at > f.seen_at THEN 'seen' ELSE 'created' END AS declined_at_from,
        CASE WHEN NOT d.last_is_exact AND d.last_at <= f.seen_at THEN d.created_at ELSE d.last_at END AS declined_at
    FROM declined AS d
    JOIN first_seen AS f
        ON f.application = d.application
        AND f.session_id = d.session_id
),
refused AS (
    SELECT
        d.application,
        d.session_id,
        d.vendor_data_key,
        d.created_at,
        d.declined_at,
        d.declined_at_from,
        d.last_actor AS declined_by,
        a.vendor_data_key IS NOT NULL AS is_approved_elsewhere,
        f.vendor_data_key IS NOT NULL AS is_customer,
        f.relationship_start,
        f.relationship_end,
        coalesce(f.relationship_end < (k.known_until AT TIME ZONE 'UTC')::DATE, false) AS has_ended
    FROM timed AS d
    CROSS JOIN knowledge AS k
    LEFT JOIN (SELECT DISTINCT vendor_data_key FROM approvals) AS a
        ON a.vendor_data_key = d.vendor_data_key
    LEFT JOIN firm_users AS f
        ON f.vendor_data_key = d.vendor_data_key
    WHERE (d.declined_at AT TIME ZONE 'UTC')::DATE BETWEEN from_date::DATE AND to_date::DATE
)
SELECT
    d.application,
    d.session_id,
    d.vendor_data_key,
    d.created_at,
    d.declined_at,
    d.declined_at_from,
    d.declined_by,
    d.is_approved_elsewhere,
    CASE
        WHEN d.session_id IS NULL THEN NULL
        WHEN r.reference = 'none loaded' OR d.vendor_data_key IS NULL THEN 'not known'
        WHEN NOT d.is_customer THEN 'none'
        WHEN d.has_ended THEN 'ended'
        ELSE 'exists'
    END AS relationship,
    d.relationship_start,
    d.relationship_end,
    r.reference,
    CASE WHEN r.reference = 'none loaded' THEN 'no file of customers: which relationships there are is not known' END AS missing_input
FROM (FROM reference_state WHERE kind = 'customers') AS r
LEFT JOIN refused AS d
    ON true
WHERE d.session_id IS NOT NULL
    OR r.reference = 'none loaded'
