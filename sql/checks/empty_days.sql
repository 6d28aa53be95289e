-- One row: a day without a session, where that weekday usually has at least five.
--
-- Days are those in UTC of the last 28 days, but for the day of the newest commit, which goes on. Usual is the mean over the
-- eight weeks before the day. Sessions that the vendor has deleted since count: they are kept.
--
-- severity: warning
-- owner: engineer
-- dimension: stability
WITH counted AS (
    SELECT
        application,
        session_kind,
        DATE '1970-01-01' + (epoch_us(created_at) // 86400000000)::INTEGER AS day, -- the day in UTC, without a calendar
        count(*) AS sessions
    FROM sessions
    WHERE created_at >= $at - INTERVAL 90 DAY
    GROUP BY ALL
),
days AS (
    SELECT
        a.application,
        a.session_kind,
        ($at AT TIME ZONE 'UTC')::DATE - d.ago::INTEGER AS day
    FROM (SELECT DISTINCT application, session_kind FROM counted) AS a
    CROSS JOIN range(1, 29) AS d(ago)
)
SELECT
    d.application || ' ' || d.session_kind || ' ' || d.day AS id,
    'no session; usual are ' || round(sum(u.sessions) / 8.0, 1) AS detail
FROM days AS d
ANTI JOIN counted AS c
    ON c.application = d.application
    AND c.session_kind = d.session_kind
    AND c.day = d.day
JOIN counted AS u
    ON u.application = d.application
    AND u.session_kind = d.session_kind
    AND u.day BETWEEN d.day - 56 AND d.day - 7
    AND isodow(u.day) = isodow(d.day)
GROUP BY d.application, d.session_kind, d.day
HAVING sum(u.sessions) >= 40
