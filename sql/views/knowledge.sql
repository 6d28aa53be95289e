-- One row: what the warehouse knows and until when. There is exactly one.
--
-- Questions about age and what is due are asked of known_until, never of the clock of whoever asks: the same
-- warehouse gives the same answer tomorrow.
--
-- question: Until when does the warehouse know what happened?
-- column seq internal: the newest commit that had passed the gates
-- column known_until internal: when that commit was made: what the vendor had then is known
-- column known_from internal: when the first one was made
-- example: SELECT * FROM knowledge
CREATE OR REPLACE VIEW knowledge AS
SELECT
    max(seq) AS seq,
    max(committed_at) AS known_until,
    min(committed_at) AS known_from
FROM _commits
WHERE seq <= (SELECT arg_max(published_seq, seq) FROM _commits)
