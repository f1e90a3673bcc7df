-- A member of several tenants is found once for each of them, since the join leaves out the tenant.

-- right
select count(*) as tickets from tickets t join memberships m on m.user_id = t.author_id and m.tenant_id = t.tenant_id;

-- wrong
select count(*) as tickets from tickets t join memberships m on m.user_id = t.author_id;
