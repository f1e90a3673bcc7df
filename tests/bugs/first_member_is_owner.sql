-- The first member is taken for the owner, but some tenants were handed over.

-- right
select m.tenant_id, m.user_id from memberships m where m.role = 'owner' and m.status = 'active' order by m.tenant_id;

-- wrong
select m.tenant_id, min(m.user_id) as user_id from memberships m join users u on u.id = m.user_id and u.home_tenant_id = m.tenant_id where m.tenant_id in (select tenant_id from memberships where role = 'owner' and status = 'active') group by m.tenant_id order by m.tenant_id;
