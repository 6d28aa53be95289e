-- One row: a user one of whose documents, or whose personal number, another user has, too.
--
-- question: Which identity documents stand under several users?
-- column kind internal: document or personal number
-- column item sensitive: issuing state and number, without blanks and signs
-- column users internal: how many users have it
-- column sessions internal: of this user with it
-- column first_created_at internal: creation of the earliest of them
-- column last_created_at internal: creation of the latest
-- column approved_sessions internal: of them, status Approved or Kyc Expired
-- example: SELECT item, users, vendor_data_key FROM shared_documents ORDER BY users DESC, item, vendor_data_key
CREATE OR REPLACE VIEW shared_documents AS
SELECT application, kind, item, users, vendor_data_key, sessions, approved_sessions, first_created_at, last_created_at
FROM shared_items
WHERE kind IN ('document', 'personal number')
