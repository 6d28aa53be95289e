-- One row: a method of verification that was used in the period, with how many sessions had it.
--
-- Designed to support Appendix H: all documentary and other methods. cip-record has them for each session, with the result.
--
-- key: cell, method
-- refers: cell to worksheet
-- column cell public: of the worksheet
-- column method session_features.feature
-- column sessions internal: of the period that had it
-- column approved internal: of these, those in which its result was Approved
SELECT
    if(feature IN ('ID_VERIFICATION', 'NFC', 'FACE_MATCH', 'LIVENESS'), '6_methods_documentary', '6_methods_other') AS cell,
    feature AS method,
    count(DISTINCT (application, session_id)) AS sessions,
    count(DISTINCT (application, session_id)) FILTER (status = 'Approved') AS approved
FROM session_features
SEMI JOIN members USING (application, session_id)
WHERE source = 'block'
    AND feature IS NOT NULL
GROUP BY feature
ORDER BY cell, method
