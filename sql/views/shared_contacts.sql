-- One row: a user whose phone number, e-mail address, device or network address another user has, too.
--
-- question: Which phone numbers, e-mail addresses, devices and network addresses stand under several users?
-- column kind internal: phone, email, device or ip
-- column item sensitive: the number, address or fingerprint
-- column users internal: how many users have it
-- column sessions internal: of this user with it
-- column first_created_at internal: creation of the earliest of them
-- column last_created_at internal: creation of the latest
-- column approved_sessions internal: of them, status Approved or Kyc Expired
-- example: SELECT kind, item, users, vendor_data_key FROM shared_contacts WHERE users <= 50 ORDER BY users DESC, kind, item, vendor_data_key
CREATE OR REPLACE VIEW shared_contacts AS
SELECT application, kind, item, users, vendor_data_key, sessions, approved_sessions, first_created_at, last_created_at
FROM shared_items
WHERE kind IN ('phone', 'email', 'device', 'ip')
