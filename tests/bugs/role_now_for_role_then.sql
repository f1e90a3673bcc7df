-- Tickets are given to the role that the author has today.

-- right
select role, count(*) as tickets from (
  select coalesce((select c.from_role from role_changes c where c.membership_id = m.id and c.changed_at > t.created_at order by c.changed_at limit 1), m.role) as role
  from tickets t join memberships m on m.tenant_id = t.tenant_id and m.user_id = t.author_id) x group by role order by role;

-- wrong
select m.role, count(*) as tickets from tickets t join memberships m on m.tenant_id = t.tenant_id and m.user_id = t.author_id group by m.role order by m.role;
