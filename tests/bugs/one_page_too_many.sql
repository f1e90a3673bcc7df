-- A list of exactly 25 has one page and not two.

-- right
select sum(ceil(n / 25.0)) as pages from (select tenant_id, count(*) as n from tickets where deleted_at is null group by tenant_id) x;

-- wrong
select sum(floor(n / 25.0) + 1) as pages from (select tenant_id, count(*) as n from tickets where deleted_at is null group by tenant_id) x;
