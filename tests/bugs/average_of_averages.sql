-- The mean of the means of tenants gives small tenants as much weight as large ones.

-- right
select round(cast(avg(extract(epoch from closed_at - created_at)) / 3600 as numeric), 1) as hours from tickets where closed_at is not null;

-- wrong
select round(cast(avg(hours) as numeric), 1) as hours from (select avg(extract(epoch from closed_at - created_at)) / 3600 as hours from tickets where closed_at is not null group by tenant_id) x;
