-- One row: a person who is counted in a cell of the worksheet.
--
-- Designed to support REP-CRIM: whom each number is made of. A person is a user of an application, or a session without
-- vendor_data.
--
-- key: cell, application, person
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column application sessions.application
-- column person screened_people_on.person
-- column first_approved_at approvals.first_approved_at
-- column why criminal: what the person is counted for
WITH peps AS (
    FROM screened_people_on(getvariable('period_to') - INTERVAL 1 DAY)
    WHERE category = 'pep'
        AND is_approved
),
sanctioned AS (
    FROM screened_people_on(getvariable('period_to') - INTERVAL 1 DAY)
    WHERE category = 'sanction'
        AND confirmed > 0
),
verified AS (
    SELECT application, coalesce(vendor_data_key, session_id) AS person, min(first_approved_at) AS first_approved_at
    FROM approvals
    GROUP BY ALL
),
counted AS (
    SELECT '2_pep_end' AS cell, application, person, confirmed || ' of ' || hits || ' hits confirmed' AS why
    FROM peps
    WHERE confirmed > 0
    UNION ALL
    SELECT '2_pep_new', application, person, confirmed || ' of ' || hits || ' hits confirmed'
    FROM peps
    SEMI JOIN (
        FROM verified
        WHERE first_approved_at >= getvariable('period_from')
            AND first_approved_at < getvariable('period_to')
    ) USING (application, person)
    WHERE confirmed > 0
    UNION ALL
    SELECT '2_pep_pending', application, person, pending || ' of ' || hits || ' hits pending'
    FROM peps
    WHERE confirmed = 0
        AND pending > 0
    UNION ALL
    SELECT '2_high_risk_countries', h.application, coalesce(h.vendor_data_key, h.session_id), string_agg(DISTINCT h.list || ': ' || h.country_iso3 || ' by ' || h.kind, ', ' ORDER BY h.list || ': ' || h.country_iso3 || ' by ' || h.kind)
    FROM high_risk_countries AS h
    SEMI JOIN (FROM verified WHERE first_approved_at < getvariable('period_to')) AS v
        ON v.application = h.application
        AND v.person = coalesce(h.vendor_data_key, h.session_id)
    WHERE h.created_at < getvariable('period_to')
    GROUP BY h.application, coalesce(h.vendor_data_key, h.session_id)
    UNION ALL
    SELECT '2_refused', application, coalesce(vendor_data_key, session_id), count(*) || ' sessions declined, the last on ' || max(declined_at AT TIME ZONE 'UTC')::DATE
    FROM refused_customers(getvariable('period_from'), getvariable('period_to') - INTERVAL 1 DAY)
    WHERE relationship IN ('none', 'not known')
        AND NOT is_approved_elsewhere
    GROUP BY application, coalesce(vendor_data_key, session_id)
    UNION ALL
    SELECT '4_sanctions_new', application, person, confirmed || ' of ' || hits || ' hits confirmed'
    FROM sanctioned
    ANTI JOIN (
        FROM screened_people_on(getvariable('period_from') - INTERVAL 1 DAY)
        WHERE category = 'sanction'
            AND confirmed > 0
    ) USING (application, person)
    WHERE (SELECT known_from FROM knowledge) < getvariable('period_from')
    UNION ALL
    SELECT '4_sanctions_end', application, person, confirmed || ' of ' || hits || ' hits confirmed'
    FROM sanctioned
    UNION ALL
    SELECT '4_not_screened_again', application, vendor_data_key, why
    FROM not_monitored
)
SELECT
    c.cell,
    c.application,
    c.person,
    v.first_approved_at,
    c.why
FROM counted AS c
LEFT JOIN verified AS v
    ON v.application = c.application
    AND v.person = c.person
ORDER BY c.cell, c.application, c.person
