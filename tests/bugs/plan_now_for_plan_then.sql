-- Revenue is given to the plan that the tenant has today.

-- right
select s.plan_id, sum(i.total) as total from invoices i join subscriptions s on s.id = i.subscription_id group by s.plan_id order by s.plan_id;

-- wrong
select t.plan_id, sum(i.total) as total from invoices i join tenants t on t.id = i.tenant_id group by t.plan_id order by t.plan_id;
