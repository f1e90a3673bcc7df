-- Who comes back is counted as a new customer.

-- right
select count(distinct tenant_id) as customers from subscriptions;

-- wrong
select count(*) as customers from subscriptions;
