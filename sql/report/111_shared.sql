-- chapter: Signs of fraud, duplicates and spikes
-- title: What several users share
SELECT kind, count(DISTINCT item) AS shared, count(*) AS users, sum(approved_sessions) AS approved_sessions, max(users) AS most_users_of_one
FROM (
    SELECT kind, item, users, approved_sessions FROM shared_documents
    UNION ALL
    SELECT kind, item, users, approved_sessions FROM shared_contacts
)
GROUP BY kind
ORDER BY kind
