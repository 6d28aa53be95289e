-- One row: a method by which the person was verified, and its result.
--
-- Designed to support 31 CFR 1020.220(a)(3)(i)(C): the methods and the results of any measures undertaken, documentary and
-- others.
--
-- key: application, session_id, method, block_ordinal
-- refers: application, session_id to population
-- column application session_features.application
-- column session_id session_features.session_id
-- column method session_features.block
-- column block_ordinal session_features.block_ordinal
-- column feature session_features.feature
-- column result session_features.status
SELECT
    f.application,
    f.session_id,
    f.block AS method,
    f.block_ordinal,
    f.feature,
    f.status AS result
FROM session_features AS f
SEMI JOIN members AS m
    ON m.application = f.application
    AND m.session_id = f.session_id
WHERE f.source = 'block'
ORDER BY f.application, f.session_id, f.block, f.block_ordinal
