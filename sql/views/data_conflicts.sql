-- One row: something about the applicant of a live session on which two sources disagree.
--
-- The document is the first identity document of the session; it is held against its chip, against what the
-- organisation expected, against the proof of address (the name alone) and against registers (whatever the vendor
-- reports as no or partial match). Names are compared without regard to case, accents, order of words and signs; numbers
-- without signs. What one source does not have is no conflict. Names on a proof of address are often abbreviated: the
-- vendor's own score of their likeness stands beside them.
--
-- question: Where do document, chip, expected details, proof of address and registers disagree?
-- column field internal: name, date of birth, document number, expiry, or the register's own word
-- column source internal: chip, expected, proof of address or register
-- column document_value sensitive: as the document says; null for a register
-- column other_value sensitive: as the other source says; for a register its verdict, no_match or partial_match
-- column score pii: the vendor's, of the likeness of name on document and proof of address, 0 to 100
-- example: SELECT source, field, count(*) FROM data_conflicts GROUP BY ALL ORDER BY ALL
CREATE OR REPLACE VIEW data_conflicts AS
WITH document AS (
    SELECT
        d.application,
        d.session_id,
        s.vendor_data_key,
        s.created_at,
        s.status,
        coalesce(d.first_name || ' ' || d.last_name, d.full_name) AS name,
        d.date_of_birth,
        d.document_number,
        d.expiration_date,
        s.expected_first_name,
        s.expected_last_name,
        s.expected_date_of_birth,
        s.expected_identification_number,
        d.personal_number
    FROM id_verifications AS d
    JOIN live_sessions AS s
        ON s.application = d.application
        AND s.session_id = d.session_id
    WHERE d.block_ordinal = 0
),
pairs AS (
    SELECT d.application, d.session_id, d.vendor_data_key, d.created_at, d.status, 'chip' AS source, NULL::DOUBLE AS score, unnest([
        {'field': 'name', 'mine': d.name, 'other': n.chip_first_name || ' ' || n.chip_last_name},
        {'field': 'date of birth', 'mine': d.date_of_birth::VARCHAR, 'other': n.chip_birth_date::VARCHAR},
        {'field': 'document number', 'mine': d.document_number, 'other': n.chip_document_number},
        {'field': 'expiry', 'mine': d.expiration_date::VARCHAR, 'other': n.chip_expiration_date::VARCHAR}
    ]) AS pair
    FROM document AS d
    JOIN nfc_verifications AS n
        ON n.application = d.application
        AND n.session_id = d.session_id
    UNION ALL
    SELECT application, session_id, vendor_data_key, created_at, status, 'expected', NULL, unnest([
        {'field': 'name', 'mine': name, 'other': expected_first_name || ' ' || expected_last_name},
        {'field': 'date of birth', 'mine': date_of_birth::VARCHAR, 'other': expected_date_of_birth::VARCHAR}
    ])
    FROM document
    WHERE expected_first_name IS NOT NULL
        OR expected_date_of_birth IS NOT NULL
    UNION ALL
    SELECT d.application, d.session_id, d.vendor_data_key, d.created_at, d.status, 'proof of address', p.name_match_score_id_verification,
        {'field': 'name', 'mine': d.name, 'other': p.name_on_document}
    FROM document AS d
    JOIN poa_verifications AS p
        ON p.application = d.application
        AND p.session_id = d.session_id
),
compared AS (
    SELECT
        * EXCLUDE (pair),
        pair.field AS field,
        pair.mine AS mine,
        pair.other AS other,
        CASE pair.field
            WHEN 'name' THEN list_sort(string_split_regex(trim(regexp_replace(lower(strip_accents(pair.mine)), '[^\p{L}\p{N}]+', ' ', 'g')), ' '))
                <> list_sort(string_split_regex(trim(regexp_replace(lower(strip_accents(pair.other)), '[^\p{L}\p{N}]+', ' ', 'g')), ' '))
            WHEN 'document number' THEN regexp_replace(upper(pair.mine), '[^\p{L}\p{N}]', '', 'g') <> regexp_replace(upper(pair.other), '[^\p{L}\p{N}]', '', 'g')
            ELSE pair.mine <> pair.other
        END AS differs
    FROM pairs
    WHERE pair.mine <> pair.other
),
registers AS (
    SELECT v.application, v.session_id, v.row_key, j.key AS field, j.value ->> '$' AS verdict
    FROM database_validation_sources AS v, json_each(v.validation) AS j
    WHERE j.value ->> '$' IN ('no_match', 'partial_match')
)
SELECT application, session_id, vendor_data_key, created_at, status, source, field, mine AS document_value, other AS other_value, score
FROM compared
WHERE differs
UNION ALL
SELECT r.application, r.session_id, s.vendor_data_key, s.created_at, s.status, 'register', r.field, NULL, r.verdict, NULL
FROM registers AS r
JOIN live_sessions AS s
    ON s.application = r.application
    AND s.session_id = r.session_id
