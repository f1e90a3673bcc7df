-- Trials and pauses are counted as paying.

-- right
select count(*) as paying from subscriptions where ended_at is null and status in ('active', 'past_due');

-- wrong
select count(*) as paying from subscriptions where ended_at is null;
