-- One row: a month and workflow, with how many of the sessions created in it were decided without anybody's help.
--
-- Straight through is a session whose first decision the vendor's rules made, without a review before. A decision
-- that was only seen by the nightly run and for which no review and no activity tells of somebody counts as
-- automatic.
--
-- question: What share of decisions needs nobody, and how many declines did nobody look at?
-- column month internal: first day of the month, in UTC, in which the sessions were created
-- column decided internal: sessions decided at least once; the sum of straight_through and with_review
-- column straight_through internal: sessions of which the first decision was automatic
-- column with_review internal: sessions of which it was not
-- column straight_through_rate internal: straight_through / decided
-- column straight_through_approved internal: sessions that were first approved, automatically
-- column straight_through_declined internal: sessions that were first declined, automatically
-- column overturned internal: straight_through sessions whose last decision is another one than the first
-- column declined_unseen internal: sessions that stand declined and that no review, person or program ever touched;
--   automatic_declines names them
-- example: SELECT month, sum(straight_through) / sum(decided) AS straight_through_rate, sum(decided) AS decided FROM straight_through_by_month GROUP BY month ORDER BY month
CREATE OR REPLACE VIEW straight_through_by_month AS
SELECT
    application,
    month,
    workflow_id,
    any_value(workflow_label) AS workflow_label,
    count(*) AS decided,
    count(*) FILTER (first_is_automatic) AS straight_through,
    count(*) FILTER (NOT first_is_automatic) AS with_review,
    count(*) FILTER (first_is_automatic) / count(*) AS straight_through_rate,
    count(*) FILTER (first_is_automatic AND first_status = 'Approved') AS straight_through_approved,
    count(*) FILTER (first_is_automatic AND first_status = 'Declined') AS straight_through_declined,
    count(*) FILTER (first_is_automatic AND first_status <> last_status) AS overturned,
    count(*) FILTER (NOT was_reviewed AND status = 'Declined') AS declined_unseen
FROM decisions
GROUP BY application, month, workflow_id
ORDER BY application, month, workflow_id
