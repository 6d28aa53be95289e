-- One row: a group of people by issuing state, age band or gender, with its approval rate beside that of all.
--
-- What is counted are sessions that stand decided: Approved, Kyc Expired (which was approved) or Declined. State,
-- birth and gender are those of the first identity document; sessions without one are not in. The age is that at the
-- creation of the session. Groups of fewer than 30 decided sessions say nothing and may point to a person: they are
-- one group, named "groups under 30". When even together they are fewer than 30, their rates are null.
--
-- A difference is not yet a disadvantage: it says where to look.
--
-- question: Do approval rates differ between issuing states, ages and genders?
-- column dimension internal: issuing_state, age_band or gender
-- column group_name internal: within the dimension; unknown: the document does not say
-- column groups internal: how many groups are in the row: 1, or those under 30
-- column decided internal: sessions of the group that stand decided
-- column approved internal: of these, Approved or Kyc Expired
-- column approval_rate internal: approved / decided
-- column decided_of_all internal: sessions of the dimension's all groups
-- column approval_rate_of_all internal: the same rate of all groups
-- column difference internal: approval_rate - approval_rate_of_all
-- column rate_to_best internal: approval_rate / the highest one of the dimension's groups
-- example: SELECT group_name, decided, approval_rate, difference FROM fairness WHERE dimension = 'age_band' ORDER BY group_name
CREATE OR REPLACE VIEW fairness AS
WITH decided AS (
    SELECT
        s.application,
        coalesce(d.issuing_state, 'unknown') AS issuing_state,
        CASE
            WHEN d.date_of_birth IS NULL OR s.created_at IS NULL THEN 'unknown'
            WHEN date_sub('year', d.date_of_birth, (s.created_at AT TIME ZONE 'UTC')::DATE) < 18 THEN 'under 18'
            WHEN date_sub('year', d.date_of_birth, (s.created_at AT TIME ZONE 'UTC')::DATE) < 25 THEN '18-24'
            WHEN date_sub('year', d.date_of_birth, (s.created_at AT TIME ZONE 'UTC')::DATE) < 35 THEN '25-34'
            WHEN date_sub('year', d.date_of_birth, (s.created_at AT TIME ZONE 'UTC')::DATE) < 45 THEN '35-44'
            WHEN date_sub('year', d.date_of_birth, (s.created_at AT TIME ZONE 'UTC')::DATE) < 55 THEN '45-54'
            WHEN date_sub('year', d.date_of_birth, (s.created_at AT TIME ZONE 'UTC')::DATE) < 65 THEN '55-64'
            ELSE '65 and over'
        END AS age_band,
        coalesce(d.gender, 'unknown') AS gender,
        s.status <> 'Declined' AS is_approved
    FROM live_sessions AS s
    JOIN first_documents AS d
        ON d.application = s.application
        AND d.session_id = s.session_id
    WHERE s.status IN ('Approved', 'Kyc Expired', 'Declined')
),
cube AS (
    SELECT application, issuing_state, age_band, gender, count(*) AS decided, count(*) FILTER (is_approved) AS approved
    FROM decided
    GROUP BY application, issuing_state, age_band, gender
),
counted AS (
    SELECT application, 'issuing_state' AS dimension, issuing_state AS group_name, sum(decided) AS decided, sum(approved) AS approved
    FROM cube
    GROUP BY application, issuing_state
    UNION ALL
    SELECT application, 'age_band', age_band, sum(decided), sum(approved)
    FROM cube
    GROUP BY application, age_band
    UNION ALL
    SELECT application, 'gender', gender, sum(decided), sum(approved)
    FROM cube
    GROUP BY application, gender
),
large AS (
    SELECT
        application,
        dimension,
        if(decided < 30, 'groups under 30', group_name) AS group_name,
        count(*) AS groups,
        sum(decided)::BIGINT AS decided,
        sum(approved)::BIGINT AS approved
    FROM counted
    GROUP BY ALL
),
alls AS (
    SELECT application, dimension, sum(decided)::BIGINT AS decided, sum(approved)::BIGINT AS approved, max(approved / decided) FILTER (decided >= 30 AND group_name <> 'groups under 30') AS best
    FROM large
    GROUP BY application, dimension
)
SELECT
    g.application,
    g.dimension,
    g.group_name,
    g.groups,
    g.decided,
    if(g.decided >= 30, g.approved, NULL) AS approved,
    if(g.decided >= 30, g.approved / g.decided, NULL) AS approval_rate,
    a.decided AS decided_of_all,
    a.approved / a.decided AS approval_rate_of_all,
    if(g.decided >= 30, g.approved / g.decided - a.approved / a.decided, NULL) AS difference,
    if(g.decided >= 30, g.approved / g.decided / nullif(a.best, 0), NULL) AS rate_to_best
FROM large AS g
JOIN alls AS a
    ON a.application = g.application
    AND a.dimension = g.dimension
ORDER BY g.application, g.dimension, g.group_name
