-- BETWEEN two dates ends at the first moment of the last day.

-- right
select count(*) as events from events where occurred_at >= timestamptz '2026-03-01 00:00:00+00' and occurred_at < timestamptz '2026-04-01 00:00:00+00';

-- wrong
select count(*) as events from events where occurred_at between timestamptz '2026-03-01 00:00:00+00' and timestamptz '2026-03-31 00:00:00+00';
