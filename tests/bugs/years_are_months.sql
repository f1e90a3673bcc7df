-- Yearly invoices count in full in the month in which they were made.

-- right
select cast(sum(i.subtotal / case s.billing_period when 'year' then 12 else 1 end) as decimal(18,2)) as a_month from invoices i join subscriptions s on s.id = i.subscription_id where i.period_start <= timestamptz '2026-04-13 00:00:00+00' and i.period_end > timestamptz '2026-04-13 00:00:00+00';

-- wrong
select cast(sum(i.subtotal) as decimal(18,2)) as a_month from invoices i join subscriptions s on s.id = i.subscription_id where i.period_start <= timestamptz '2026-04-13 00:00:00+00' and i.period_end > timestamptz '2026-04-13 00:00:00+00';
