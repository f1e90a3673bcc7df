-- A period is taken for 30 days.

-- right
select count(*) as running from invoices where period_end > timestamptz '2026-04-13 00:00:00+00';

-- wrong
select count(*) as running from invoices where period_start + interval '30 days' > timestamptz '2026-04-13 00:00:00+00';
