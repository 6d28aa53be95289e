-- Which decisions changed after they had been made?
SELECT
    old.status AS was,
    new.status AS became,
    count(*) AS sessions,
    max(new.observed_at) AS last_seen
FROM sessions_versions AS old
JOIN sessions_versions AS new
    ON new.application = old.application
    AND new.session_id = old.session_id
    AND new.version_seq = old.next_seq
WHERE old.status IN ('Approved', 'Declined', 'In Review')
    AND new.status <> old.status
GROUP BY was, became
ORDER BY sessions DESC, was, became
LIMIT 6
