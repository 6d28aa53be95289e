-- One row: a person and a category of AML hits, as was known at the end of a day.
--
-- A person is a user, and a session without vendor_data is a person of its own. The sessions are those that
-- live_sessions would have had at the end of that day, in UTC, by what was known then: what was learned later does
-- not change the answer. What happened on the day after its last night was known only later, and is not in. Sessions
-- that the vendor had deleted before are not in. A hit with data sets of two categories counts in both.
--
-- parameter on_date: the day; null: none
-- column person pii: vendor_data_key, or the session's id where it has none
-- column category criminal: sanction, pep, warning, adverse_media or other
-- column hits criminal: of the category, over the person's sessions
-- column confirmed criminal: hits with status Confirmed Match
-- column pending criminal: hits that are Unreviewed or Inconclusive
-- column cleared criminal: hits with status False Positive
-- column is_approved internal: the person had an Approved session
-- example: SELECT category, count(*) FROM screened_people_on(DATE '2026-10-31') WHERE confirmed > 0 GROUP BY category
CREATE OR REPLACE MACRO screened_people_on(on_date) AS TABLE
WITH then_live AS (
    SELECT application, session_id, coalesce(vendor_data_key, session_id) AS person, status
    FROM sessions_as_known_at((on_date::DATE + 1)::TIMESTAMP AT TIME ZONE 'UTC' - INTERVAL 1 MICROSECOND)
    WHERE session_kind = 'user'
        AND environment IS DISTINCT FROM 'sandbox'
        AND upstream_state IS DISTINCT FROM 'deleted'
),
hits AS (
    SELECT
        application,
        session_id,
        review_status,
        unnest(list_distinct(list_transform(
            if(len(TRY_CAST(datasets AS VARCHAR[])) > 0, TRY_CAST(datasets AS VARCHAR[]), ['']),
            lambda d: CASE
                WHEN d = 'Sanctions' THEN 'sanction'
                WHEN starts_with(d, 'PEP') THEN 'pep'
                WHEN starts_with(d, 'Warnings') THEN 'warning'
                WHEN d = 'Adverse Media' THEN 'adverse_media'
                ELSE 'other'
            END))) AS category
    FROM aml_hits_as_known_at((on_date::DATE + 1)::TIMESTAMP AT TIME ZONE 'UTC' - INTERVAL 1 MICROSECOND)
),
approved AS (
    SELECT DISTINCT application, person
    FROM then_live
    WHERE status = 'Approved'
)
SELECT
    s.application,
    s.person,
    h.category,
    count(*) AS hits,
    count(*) FILTER (h.review_status = 'Confirmed Match') AS confirmed,
    count(*) FILTER (h.review_status IN ('Unreviewed', 'Inconclusive')) AS pending,
    count(*) FILTER (h.review_status = 'False Positive') AS cleared,
    bool_or(a.person IS NOT NULL) AS is_approved
FROM hits AS h
JOIN then_live AS s
    ON s.application = h.application
    AND s.session_id = h.session_id
LEFT JOIN approved AS a
    ON a.application = s.application
    AND a.person = s.person
GROUP BY s.application, s.person, h.category
