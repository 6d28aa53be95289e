-- chapter: PEP and sanctions
-- title: People with hits, from the beginning to the end of the month
-- defines: screening_movement
-- Opening plus added minus removed is closing. Pending: nobody has judged the hit yet; the others are confirmed.
SELECT category, sum(opening) AS opening, sum(added) AS added, sum(removed) AS removed, sum(closing) AS closing,
    sum(opening_pending) AS opening_pending, sum(added_pending) AS added_pending, sum(removed_pending) AS removed_pending, sum(closing_pending) AS closing_pending
FROM screening_movement(getvariable('period_from'), getvariable('period_to') - 1)
GROUP BY category
ORDER BY category
