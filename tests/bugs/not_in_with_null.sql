-- NOT IN yields nothing as soon as the list holds a NULL.

-- right
select count(*) as never_assigned from users u where not exists (select 1 from tickets t where t.assignee_id = u.id);

-- wrong
select count(*) as never_assigned from users u where u.id not in (select assignee_id from tickets);
