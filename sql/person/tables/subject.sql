-- One row: what the file was asked for by.
--
-- nonce is random. The hashes of the package depend on it, so that they tell nobody whose it is; kycsync filing regenerate
-- takes it from here.
--
-- key: number
-- column number internal: from 1
-- column kind internal: vendor_data (the organisation's own id of the person), session_id, or application (no other one)
-- column value pii: as it was asked for
-- column nonce internal: 128 bits in hex, the same in each row
SELECT
    CAST(number AS BIGINT) AS number,
    kind,
    value,
    nonce
FROM asked
ORDER BY number
