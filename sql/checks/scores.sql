-- One row: a score of a session that is not between 0 and 100.
--
-- Those of tables that give the vendor's scale in another column are held by the checks values.T.
--
-- severity: warning
-- owner: engineer
-- dimension: validity
SELECT session_id AS id, 'aml_screenings.score' AS detail
FROM aml_screenings
WHERE version_seq > $since
    AND score NOT BETWEEN 0 AND 100
UNION ALL
SELECT session_id, 'aml_hits.match_score'
FROM aml_hits
WHERE version_seq > $since
    AND match_score NOT BETWEEN 0 AND 100
UNION ALL
SELECT session_id, 'aml_hits.risk_score'
FROM aml_hits
WHERE version_seq > $since
    AND risk_score NOT BETWEEN 0 AND 100
UNION ALL
SELECT session_id, 'liveness_checks.score'
FROM liveness_checks
WHERE version_seq > $since
    AND score NOT BETWEEN 0 AND 100
UNION ALL
SELECT session_id, 'face_matches.score'
FROM face_matches
WHERE version_seq > $since
    AND score NOT BETWEEN 0 AND 100
