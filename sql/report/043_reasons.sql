-- chapter: Rates by country, document and workflow
-- title: Most frequent reasons of declines and reviews
-- defines: decline_reasons
-- A session may have several. Share: of the month's sessions with that status.
SELECT status, feature, risk AS reason, sessions, share, share_month_before
FROM decline_reasons
WHERE month = getvariable('period_from')
ORDER BY sessions DESC, status, feature, risk
