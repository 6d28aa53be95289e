-- One row: a category of AML hits, with how many people have such hits, as was known at the end of a day.
--
-- The number of politically exposed persons that a return asks for is confirmed of category pep, and of sanctions
-- true matches confirmed of category sanction; pending ones are not yet decided. The vendor does not know who is a
-- customer: the columns ending in _approved count people who had an Approved session. See screened_people_on for who
-- is a person; it names them. A person may be in several categories.
--
-- question: How many politically exposed persons and true sanctions matches were there at the end of a period?
-- parameter on_date: last day of the period, in UTC
-- column category internal: sanction, pep, warning, adverse_media or other
-- column people internal: with at least one hit, whatever its status; the sum of confirmed, pending and cleared
-- column confirmed internal: people with a Confirmed Match
-- column pending internal: people without one, and with a hit that is Unreviewed or Inconclusive
-- column cleared internal: people of whom no hit is confirmed or pending
-- column confirmed_approved internal: people of confirmed who had an Approved session
-- column pending_approved internal: people of pending who had an Approved session
-- column hits internal: of all people
-- column confirmed_hits internal: hits with status Confirmed Match
-- example: SELECT * FROM screening_population(DATE '2026-10-31')
CREATE OR REPLACE MACRO screening_population(on_date) AS TABLE
SELECT
    application,
    category,
    count(*) AS people,
    count(*) FILTER (confirmed > 0) AS confirmed,
    count(*) FILTER (confirmed = 0 AND pending > 0) AS pending,
    count(*) FILTER (confirmed = 0 AND pending = 0) AS cleared,
    count(*) FILTER (confirmed > 0 AND is_approved) AS confirmed_approved,
    count(*) FILTER (confirmed = 0 AND pending > 0 AND is_approved) AS pending_approved,
    sum(hits)::BIGINT AS hits,
    sum(confirmed)::BIGINT AS confirmed_hits
FROM screened_people_on(on_date)
GROUP BY application, category
ORDER BY application, category
