-- Tenants that have closed are counted as customers.

-- right
select count(*) as tenants from tenants where closed_at is null;

-- wrong
select count(*) as tenants from tenants;
