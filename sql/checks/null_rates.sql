-- One row: a column of the sessions that is empty in many more, or many fewer, of the last seven days' sessions than before.
--
-- Many is 25 of 100 more or fewer than in the eight weeks before. Only finished sessions count, and only where there
-- are 50 in the days and 200 before.
--
-- severity: warning
-- owner: engineer
-- dimension: stability
WITH finished AS (
    SELECT
        application,
        session_kind,
        created_at >= $at - INTERVAL 7 DAY AS is_new,
        full_name,
        country,
        document_type,
        vendor_data,
        workflow_id,
        email_address,
        phone_number
    FROM sessions
    WHERE created_at >= $at - INTERVAL 63 DAY
        AND status IN ('Approved', 'Declined')
),
rates AS (
    SELECT
        application,
        session_kind,
        is_new,
        count(*) AS sessions,
        unnest([
            {'name': 'full_name', 'nulls': count(*) - count(full_name)},
            {'name': 'country', 'nulls': count(*) - count(country)},
            {'name': 'document_type', 'nulls': count(*) - count(document_type)},
            {'name': 'vendor_data', 'nulls': count(*) - count(vendor_data)},
            {'name': 'workflow_id', 'nulls': count(*) - count(workflow_id)},
            {'name': 'email_address', 'nulls': count(*) - count(email_address)},
            {'name': 'phone_number', 'nulls': count(*) - count(phone_number)}
        ]) AS filled
    FROM finished
    GROUP BY application, session_kind, is_new
)
SELECT
    n.application || ' ' || n.session_kind || ' ' || n.filled.name AS id,
    'empty in ' || round(100 * n.filled.nulls / n.sessions) || ' of 100, before in ' || round(100 * o.filled.nulls / o.sessions) AS detail
FROM rates AS n
JOIN rates AS o
    ON o.application = n.application
    AND o.session_kind = n.session_kind
    AND o.filled.name = n.filled.name
WHERE n.is_new
    AND NOT o.is_new
    AND n.sessions >= 50
    AND o.sessions >= 200
    AND abs(n.filled.nulls / n.sessions - o.filled.nulls / o.sessions) > 0.25
