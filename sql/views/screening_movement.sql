-- One row: a category of AML hits, with how the number of people in it moved over a period.
--
-- People count in it while they have a Confirmed Match of the category; of the columns ending in _pending, while they
-- have no confirmed one, but one that is Unreviewed or Inconclusive. opening + added - removed = closing, in both.
-- Opening is the end of the day before the period, closing the end of its last day, each as was known then. Who came
-- and went within the period is in neither.
--
-- question: How did the numbers of politically exposed persons and of true sanctions matches move over a period?
-- parameter from_date: first day of the period, in UTC
-- parameter to_date: last day of the period
-- column category internal: sanction, pep, warning, adverse_media or other
-- column opening internal: people with a Confirmed Match before the period
-- column added internal: people in closing and not in opening
-- column removed internal: people in opening and not in closing
-- column closing internal: people with a Confirmed Match at the end of the period
-- column opening_pending internal: people with a pending hit, and no confirmed one, before the period
-- column added_pending internal: people in closing_pending and not in opening_pending
-- column removed_pending internal: people in opening_pending and not in closing_pending
-- column closing_pending internal: people with a pending hit, and no confirmed one, at the end of the period
-- example: SELECT category, opening, added, removed, closing FROM screening_movement(DATE '2026-10-01', DATE '2026-10-31')
CREATE OR REPLACE MACRO screening_movement(from_date, to_date) AS TABLE
WITH both_ends AS (
    SELECT application, person, category, confirmed > 0 AS was_in, confirmed = 0 AND pending > 0 AS was_pending, false AS is_in, false AS is_pending
    FROM screened_people_on(from_date::DATE - 1)
    UNION ALL
    SELECT application, person, category, false, false, confirmed > 0, confirmed = 0 AND pending > 0
    FROM screened_people_on(to_date::DATE)
),
each AS (
    SELECT application, person, category, bool_or(was_in) AS was_in, bool_or(was_pending) AS was_pending, bool_or(is_in) AS is_in, bool_or(is_pending) AS is_pending
    FROM both_ends
    GROUP BY application, person, category
)
SELECT
    application,
    category,
    count(*) FILTER (was_in) AS opening,
    count(*) FILTER (is_in AND NOT was_in) AS added,
    count(*) FILTER (was_in AND NOT is_in) AS removed,
    count(*) FILTER (is_in) AS closing,
    count(*) FILTER (was_pending) AS opening_pending,
    count(*) FILTER (is_pending AND NOT was_pending) AS added_pending,
    count(*) FILTER (was_pending AND NOT is_pending) AS removed_pending,
    count(*) FILTER (is_pending) AS closing_pending
FROM each
GROUP BY application, category
ORDER BY application, category
