-- One row: a decision by a person or a program that a second pair of eyes should see.
--
-- Either a declined session was approved without a comment: the status before, or the last automatic one, was
-- Declined. Or whoever decided had changed the session's data before: corrected the identity data or the proof of
-- address, or judged an AML hit. Who is the same is told by e-mail address or name, without regard to case; somebody
-- whom the vendor does not name is nobody's same. Edits after the decision do not count.
--
-- question: Which decisions break the rule of four eyes: declined to approved without comment, or by who edited the
--   data?
-- column changed_at internal: when it was decided
-- column from_status internal: the status before; null where not told
-- column to_status internal: Approved or Declined
-- column automatic_status internal: the last status that the vendor's rules gave, where it differs from the new one
-- column actor internal: person or program
-- column actor_name pii: who decided
-- column has_comment internal: the decision came with a comment
-- column is_without_comment internal: exception: declined to approved, and no comment
-- column is_by_editor internal: exception: who decided had edited the data
-- column edits internal: how many edits before the decision were by who decided
-- column edit_types internal: what kinds they were of
-- column edited_fields internal: the fields that they changed
-- example: SELECT changed_at, session_id, actor_name, is_without_comment, is_by_editor, edited_fields FROM four_eyes_exceptions ORDER BY changed_at
CREATE OR REPLACE VIEW four_eyes_exceptions AS
WITH decided AS (
    SELECT application, session_id, changed_at, from_status, to_status, actor, actor_name, has_comment
    FROM status_changes
    WHERE actor <> 'system'
        AND to_status IN ('Approved', 'Declined')
),
edits AS (
    SELECT
        application,
        session_id,
        created_at,
        activity_type,
        lower(coalesce(actor_email, actor_display)) AS editor,
        TRY_CAST(changed_fields AS VARCHAR[]) AS fields
    FROM activity
    WHERE activity_type IN ('KYC_DATA_UPDATED', 'POA_DATA_UPDATED', 'AML_HIT_STATUS_UPDATED')
        AND actor_type <> 'SYSTEM'
        AND lower(coalesce(actor_email, actor_display)) <> 'unknown'
),
edited AS (
    SELECT
        d.application,
        d.session_id,
        d.changed_at,
        d.to_status,
        count(*) AS edits,
        list_sort(list(DISTINCT e.activity_type)) AS edit_types,
        list_sort(list_distinct(flatten(list(coalesce(e.fields, []))))) AS edited_fields
    FROM decided AS d
    JOIN edits AS e
        ON e.application = d.application
        AND e.session_id = d.session_id
        AND e.editor = lower(d.actor_name)
        AND e.created_at <= d.changed_at
    GROUP BY d.application, d.session_id, d.changed_at, d.to_status
)
SELECT
    s.application,
    s.session_id,
    s.vendor_data_key,
    s.workflow_id,
    s.workflow_label,
    d.changed_at,
    d.from_status,
    d.to_status,
    o.automatic_status,
    d.actor,
    d.actor_name,
    d.has_comment,
    d.to_status = 'Approved' AND NOT d.has_comment AND (coalesce(d.from_status = 'Declined', false) OR coalesce(o.automatic_status = 'Declined', false)) AS is_without_comment,
    e.edits IS NOT NULL AS is_by_editor,
    coalesce(e.edits, 0) AS edits,
    e.edit_types,
    e.edited_fields
FROM decided AS d
JOIN live_sessions AS s
    ON s.application = d.application
    AND s.session_id = d.session_id
LEFT JOIN overrides AS o
    ON o.application = d.application
    AND o.session_id = d.session_id
    AND o.changed_at = d.changed_at
    AND o.to_status = d.to_status
LEFT JOIN edited AS e
    ON e.application = d.application
    AND e.session_id = d.session_id
    AND e.changed_at = d.changed_at
    AND e.to_status = d.to_status
WHERE is_by_editor
    OR is_without_comment
