-- One row: a month and a warning that points to an attack, with how many sessions have it.
--
-- These warnings count, whatever the workflow makes of them:
--
--   presentation: LIVENESS_FACE_ATTACK
--   copy: SCREEN_CAPTURE_DETECTED, PRINTED_COPY_DETECTED
--   manipulation: PORTRAIT_MANIPULATION_DETECTED, SUSPECTED_DOCUMENT_MANIPULATION, other codes with MANIPULATION
--   blocklist: all codes that end in BLOCKLIST
--   duplicate: DUPLICATED_FACE, POSSIBLE_DUPLICATED_FACE, POSSIBLE_DUPLICATED_USER
--
-- A session with several signals counts in each row, so rows must not be added up. The channel is the type of the
-- session, where the vendor says it.
--
-- question: Which signs of an attack come up, how often, and what became of these sessions, by month and channel?
-- column month internal: first day of the month, in UTC, in which the sessions were created
-- column session_type internal: API, HOSTED or MIGRATED; null where the vendor does not say
-- column signal internal: presentation, copy, manipulation, blocklist or duplicate
-- column risk internal: code of the warning
-- column sessions internal: with the warning
-- column sessions_of_month internal: all of the month and channel
-- column share internal: sessions / sessions_of_month
-- column declined internal: sessions that are Declined now
-- column in_review internal: sessions that are In Review now
-- column approved internal: sessions that are Approved now in spite of it
-- column informational internal: sessions in which the workflow takes the warning for information only
-- example: SELECT month, signal, risk, sum(sessions) AS sessions, sum(approved) AS approved FROM attack_signals GROUP BY ALL ORDER BY ALL
CREATE OR REPLACE VIEW attack_signals AS
WITH flagged AS (
    SELECT application, session_id, risk, bool_and(log_type IS NOT DISTINCT FROM 'information') AS is_information
    FROM warnings
    WHERE risk IN ('LIVENESS_FACE_ATTACK', 'SCREEN_CAPTURE_DETECTED', 'PRINTED_COPY_DETECTED', 'DUPLICATED_FACE', 'POSSIBLE_DUPLICATED_FACE', 'POSSIBLE_DUPLICATED_USER')
        OR risk LIKE '%MANIPULATION%'
        OR risk LIKE '%BLOCKLIST'
    GROUP BY application, session_id, risk
),
bases AS (
    SELECT application, month, session_type, count(*) AS sessions_of_month
    FROM live_sessions
    GROUP BY application, month, session_type
),
counted AS (
    SELECT
        s.application,
        s.month,
        s.session_type,
        f.risk,
        count(*) AS sessions,
        count(*) FILTER (s.status = 'Declined') AS declined,
        count(*) FILTER (s.status = 'In Review') AS in_review,
        count(*) FILTER (s.status = 'Approved') AS approved,
        count(*) FILTER (f.is_information) AS informational
    FROM flagged AS f
    JOIN live_sessions AS s
        ON s.application = f.application
        AND s.session_id = f.session_id
    GROUP BY s.application, s.month, s.session_type, f.risk
)
SELECT
    c.application,
    c.month,
    c.session_type,
    CASE
        WHEN c.risk = 'LIVENESS_FACE_ATTACK' THEN 'presentation'
        WHEN c.risk IN ('SCREEN_CAPTURE_DETECTED', 'PRINTED_COPY_DETECTED') THEN 'copy'
        WHEN c.risk LIKE '%MANIPULATION%' THEN 'manipulation'
        WHEN c.risk LIKE '%BLOCKLIST' THEN 'blocklist'
        ELSE 'duplicate'
    END AS signal,
    c.risk,
    c.sessions,
    b.sessions_of_month,
    c.sessions / b.sessions_of_month AS share,
    c.declined,
    c.in_review,
    c.approved,
    c.informational
FROM counted AS c
JOIN bases AS b
    ON b.application = c.application
    AND b.month IS NOT DISTINCT FROM c.month
    AND b.session_type IS NOT DISTINCT FROM c.session_type
ORDER BY c.application, c.month, c.session_type, c.risk
