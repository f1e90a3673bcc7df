-- Who has canceled is still a customer until the paid period is over.

-- right
select count(*) as current from subscriptions where ended_at is null;

-- wrong
select count(*) as current from subscriptions where status <> 'canceled';
