-- One row: a check of the warehouse, and how it came out when this file was made.
--
-- A check counts what is wrong: rows without their session, a key that is there twice, figures that differ from the
-- vendor's. A critical check that fails keeps a new warehouse from being published, unless somebody has waived it; so
-- in this file each has passed or is waived. Table check_results has those of earlier nights too. A night asks a check
-- that passed before of what is new; kycsync check asks all of everything.
--
-- question: Is anything known to be wrong with these data?
-- column check_name internal: kycsync check list tells what each means
-- column owner internal: who looks into a failure: engineer, compliance or operator
-- column dimension internal: integrity, validity, uniqueness, timeliness, stability or reconciliation
-- column failures internal: how many rows the check found
-- column severity internal: critical or warning
-- column is_passed internal: nothing is wrong
-- column is_waived internal: somebody decided that it may be passed over, until waived_until
-- column examples pii: up to five ids of what it found
-- column detail internal: what is wrong with the first of them
-- column waived_until internal: a failure does not count until then; null: it counts
-- column waived_reason internal: why not
-- column asked_seq internal: commit as of which the check was asked; its result stands while nothing is added to what it reads
-- column in_full_seq internal: commit as of which it was asked of all rows; since then only what was new was looked at
-- column commit_seq internal: the newest commit in the warehouse that was checked
-- column checked_at internal: by the clock of the machine
-- example: SELECT check_name, failures, detail FROM checks WHERE NOT is_passed ORDER BY severity, check_name
CREATE OR REPLACE VIEW checks AS
SELECT
    check_name,
    severity,
    owner,
    dimension,
    failures,
    failures = 0 AS is_passed,
    failures > 0 AND waived_until IS NOT NULL AS is_waived,
    examples,
    detail,
    waived_until,
    waived_reason,
    asked_seq,
    in_full_seq,
    commit_seq,
    checked_at
FROM check_results
QUALIFY rank() OVER (ORDER BY commit_seq DESC, checked_at DESC) = 1
