-- Customers on a plan that is no longer sold are lost.

-- right
select count(*) as customers from subscriptions s join plans p on p.id = s.plan_id where s.ended_at is null;

-- wrong
select count(*) as customers from subscriptions s join plans p on p.id = s.plan_id where s.ended_at is null and p.is_sold;
