-- One row: an identity document whose dates cannot be: born on or after the day of issue or of expiry, or issued on or after the day of expiry.
--
-- severity: warning
-- owner: compliance
-- dimension: validity
SELECT
    session_id AS id,
    CASE
        WHEN date_of_birth >= date_of_issue THEN 'the date of birth is not before the date of issue'
        WHEN date_of_issue >= expiration_date THEN 'the date of issue is not before the date of expiry'
        ELSE 'the date of birth is not before the date of expiry'
    END AS detail
FROM id_verifications
WHERE version_seq > $since
    AND (date_of_birth >= date_of_issue OR date_of_issue >= expiration_date OR date_of_birth >= expiration_date)
