-- One row: a stratum of the population, and how much of it is in the sample.
--
-- Each stratum has its share of the sample by the largest remainder, ties in the order of the strata. Where there are not
-- more strata than sessions to draw, one that would have none has one of the largest.
--
-- key: number
-- column number internal: place of the stratum, in order of its value as text, from 1
-- column stratum internal: value of the column of the population that the strata are made by; null: it has none there, or
--   there is one stratum
-- column population internal: how many sessions of the population are in it
-- column sampled internal: how many of them were drawn
SELECT
    CAST(number AS BIGINT) AS number,
    stratum,
    CAST(population AS BIGINT) AS population,
    CAST(sampled AS BIGINT) AS sampled
FROM strata
ORDER BY number
