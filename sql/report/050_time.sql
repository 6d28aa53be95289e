-- chapter: Time to decision
-- title: Hours from creation to the first decision
-- defines: decisions
-- chart: lines month automatic_p50 automatic_p90 by_hand_p50 by_hand_p90
-- unit: hours
-- Of the sessions of which the vendor tells the instant of the decision; p50 is the time within which half of them were
-- decided, p90 nine of ten.
SELECT
    strftime(month, '%Y-%m') AS month,
    count(*) FILTER (first_is_automatic) AS automatic_sessions,
    quantile_cont(hours_to_first, 0.5) FILTER (first_is_automatic) AS automatic_p50,
    quantile_cont(hours_to_first, 0.9) FILTER (first_is_automatic) AS automatic_p90,
    count(*) FILTER (NOT first_is_automatic) AS by_hand_sessions,
    quantile_cont(hours_to_first, 0.5) FILTER (NOT first_is_automatic) AS by_hand_p50,
    quantile_cont(hours_to_first, 0.9) FILTER (NOT first_is_automatic) AS by_hand_p90
FROM decisions
WHERE first_is_exact
    AND month >= getvariable('year_from')
    AND month < getvariable('period_to')
GROUP BY month
ORDER BY month
