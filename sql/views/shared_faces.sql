-- One row: a user whose face the vendor has found with another user, in an import, or on a list.
--
-- The vendor compares each face with earlier ones and reports the most similar. A pair of users is here once for each
-- side that reports it. A match with a session without vendor_data is here with matched_user null; a match of two
-- sessions of one user is no finding and not here, nor one of two sessions that both belong to nobody.
--
-- question: Which faces were seen under several users?
-- column vendor_data_key: null: the session belongs to nobody
-- column matched_user pii: vendor_data of the other, in lower case
-- column source internal: session, imported or list_entry
-- column sessions internal: of this user with the match
-- column matched_sessions internal: of the other
-- column similarity biometric: the highest, 0 to 100
-- column is_blocklisted internal: one of the matches is on the blocklist
-- column last_created_at internal: creation of the latest session with the match
-- example: SELECT vendor_data_key, matched_user, similarity FROM shared_faces ORDER BY similarity DESC
CREATE OR REPLACE VIEW shared_faces AS
SELECT
    s.application,
    s.vendor_data_key,
    m.matched_vendor_data_key AS matched_user,
    m.source,
    count(DISTINCT m.session_id) AS sessions,
    count(DISTINCT m.matched_session_id) AS matched_sessions,
    max(m.similarity_percentage) AS similarity,
    coalesce(bool_or(m.is_blocklisted), false) AS is_blocklisted,
    max(s.created_at) AS last_created_at
FROM matches AS m
JOIN live_sessions AS s
    ON s.application = m.application
    AND s.session_id = m.session_id
WHERE m.block = 'liveness_checks'
    AND m.matched_vendor_data_key IS DISTINCT FROM s.vendor_data_key
GROUP BY s.application, s.vendor_data_key, m.matched_vendor_data_key, m.source
