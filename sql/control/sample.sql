-- One row: a session that was drawn from the population.
--
-- Within each stratum the sessions are put in order of hash, which is the SHA-256 of the seed and the key as they stand in
-- the population, joined by commas: the first of each are the sample. README.html says how to repeat it with sha256sum.
--
-- key: application, session_id
-- refers: application, session_id to population
-- column application sessions.application
-- column session_id sessions.session_id
-- column hash internal: SHA-256, in hex, of SEED,APPLICATION,SESSION_ID
-- column rank internal: place in its stratum, by hash, from 1
-- column stratum internal: value of the column of the population that the strata are made by; null: it has none there, or
--   there is one stratum
-- column clear_session_id pii: the session's id as it is, only where an approval lets the evidence leave as it is
SELECT
    application,
    session_id,
    hash,
    CAST(rank AS BIGINT) AS rank,
    stratum,
    clear_session_id
FROM drawn
ORDER BY application, session_id
