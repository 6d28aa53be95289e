-- One row: a month, workflow, issuing state and document type, with what has become of the sessions that were created in it.
--
-- The population is what was created in the period; the statuses are those of now, so that a month's figures still
-- move while sessions are open, are reviewed again or expire. decisions_by_month counts by the month of the decision
-- instead. A session's document is its first one. Each session of live_sessions is in exactly one row.
--
-- Two rates are in use, and they differ. approval_rate = approved / (approved + declined). The vendor's console shows
-- as conversion approved / (approved + declined + in_review). Both take for approved only who is so now: whose
-- document has run out since then is counted in kyc_expired, and in approval_rate_with_kyc_expired as approved.
--
-- question: How many sessions were approved, declined, in review or abandoned, by month, country, document type and
--   workflow?
-- column month internal: first day of the month, in UTC, in which the sessions were created
-- column issuing_state internal: of the first identity document; null: there is none, or it is not known
-- column document_type internal: of the first identity document; null: there is none
-- column sessions internal: how many were created; the sum of the columns up to other
-- column approved internal: sessions with status Approved now, and so on
-- column declined internal: sessions
-- column in_review internal: sessions
-- column kyc_expired internal: sessions that were approved and whose document has run out
-- column resubmitted internal: sessions of which the applicant must do steps again
-- column abandoned internal: sessions begun and not finished in time
-- column expired internal: sessions never begun in time
-- column not_started internal: sessions
-- column in_progress internal: sessions
-- column awaiting_user internal: sessions
-- column other internal: sessions with a status that is none of these, or without one
-- column approval_rate internal: approved / (approved + declined); null where that is nothing
-- column conversion internal: as the vendor's console: approved / (approved + declined + in_review)
-- column approval_rate_with_kyc_expired internal: (approved + kyc_expired) / (approved + kyc_expired + declined)
-- example: SELECT month, sum(approved) AS approved, sum(declined) AS declined, sum(approved) / sum(approved + declined) AS approval_rate FROM outcomes_by_month GROUP BY month ORDER BY month
CREATE OR REPLACE VIEW outcomes_by_month AS
WITH counted AS (
    SELECT
        s.application,
        s.month,
        s.workflow_id,
        any_value(s.workflow_label) AS workflow_label,
        d.issuing_state,
        d.document_type,
        count(*) AS sessions,
        count(*) FILTER (s.status = 'Approved') AS approved,
        count(*) FILTER (s.status = 'Declined') AS declined,
        count(*) FILTER (s.status = 'In Review') AS in_review,
        count(*) FILTER (s.status = 'Kyc Expired') AS kyc_expired,
        count(*) FILTER (s.status = 'Resubmitted') AS resubmitted,
        count(*) FILTER (s.status = 'Abandoned') AS abandoned,
        count(*) FILTER (s.status = 'Expired') AS expired,
        count(*) FILTER (s.status = 'Not Started') AS not_started,
        count(*) FILTER (s.status = 'In Progress') AS in_progress,
        count(*) FILTER (s.status = 'Awaiting User') AS awaiting_user
    FROM live_sessions AS s
    LEFT JOIN first_documents AS d
        ON d.application = s.application
        AND d.session_id = s.session_id
    GROUP BY s.application, s.month, s.workflow_id, d.issuing_state, d.document_type
)
SELECT
    *,
    sessions - approved - declined - in_review - kyc_expired - resubmitted - abandoned - expired - not_started - in_progress - awaiting_user AS other,
    approved / nullif(approved + declined, 0) AS approval_rate,
    approved / nullif(approved + declined + in_review, 0) AS conversion,
    (approved + kyc_expired) / nullif(approved + kyc_expired + declined, 0) AS approval_rate_with_kyc_expired
FROM counted
ORDER BY application, month, workflow_id, issuing_state, document_type
