-- A condition on the right side in WHERE drops the tenants that have nothing.

-- right
select count(*) as tenants, sum(n) as urgent from (select t.id, count(k.id) as n from tenants t left join tickets k on k.tenant_id = t.id and k.priority = 'urgent' group by t.id) x;

-- wrong
select count(*) as tenants, sum(n) as urgent from (select t.id, count(k.id) as n from tenants t left join tickets k on k.tenant_id = t.id where k.priority = 'urgent' group by t.id) x;
