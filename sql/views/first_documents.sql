-- One row: a session that has an identity document, with the first one that was read.
--
-- What other answers mean by the issuing state and the document type of a session. A later document of the same
-- session does not count.
--
-- column document_type: the vendor's codes are spelled out as its names
-- example: SELECT document_type, count(*) FROM first_documents GROUP BY document_type
CREATE OR REPLACE VIEW first_documents AS
WITH firsts AS (
    SELECT application, session_id, min(block_ordinal) AS block_ordinal
    FROM id_verifications
    GROUP BY application, session_id
    HAVING min(block_ordinal) > 0
),
chosen AS (
    FROM id_verifications
    WHERE block_ordinal = 0
    UNION ALL
    SELECT d.*
    FROM id_verifications AS d
    SEMI JOIN firsts AS f
        ON f.application = d.application
        AND f.session_id = d.session_id
        AND f.block_ordinal = d.block_ordinal
)
SELECT
    application,
    session_id,
    coalesce(issuing_state_iso3, issuing_state) AS issuing_state,
    CASE document_type
        WHEN 'P' THEN 'Passport'
        WHEN 'ID' THEN 'Identity Card'
        WHEN 'DL' THEN 'Driver''s License'
        WHEN 'RP' THEN 'Residence Permit'
        WHEN 'HIC' THEN 'Health Insurance Card'
        WHEN 'TC' THEN 'Tax Card'
        WHEN 'SSC' THEN 'Social Security Card'
        ELSE document_type
    END AS document_type,
    date_of_birth,
    gender
FROM chosen
