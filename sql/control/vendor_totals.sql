-- One row: a count that the vendor gave of the sessions of a month of the period, beside ours, as of the newest run that
-- asked for it.
--
-- The vendor counts sessions of persons and of companies apart. explained are differences of which the run noted why,
-- moving those in which the vendor's own count went on while it was asked.
--
-- key: application, kind, dimension, month, status
-- column application control_totals.application
-- column kind control_totals.kind
-- column dimension control_totals.dimension
-- column month control_totals.month
-- column status internal: of the sessions that were counted; all: whatever it is
-- column vendor_count control_totals.vendor_count
-- column lake_count control_totals.lake_count
-- column state control_totals.state
-- column counted_at control_totals.counted_at
SELECT
    application,
    kind,
    dimension,
    month,
    coalesce(status, 'all') AS status,
    vendor_count,
    lake_count,
    state,
    counted_at
FROM control_totals
WHERE month >= strftime(getvariable('period_from'), '%Y-%m')
    AND month < strftime(getvariable('period_to'), '%Y-%m')
QUALIFY row_number() OVER (PARTITION BY application, kind, dimension, month, status ORDER BY version_seq DESC, counted_at DESC, run_id DESC) = 1
ORDER BY application, kind, dimension, month, status
