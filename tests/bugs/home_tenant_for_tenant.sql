-- Events are counted where the user is at home and not where they happened.

-- right
select tenant_id, count(*) as events from events group by tenant_id order by tenant_id;

-- wrong
select u.home_tenant_id, count(*) as events from events e join users u on u.id = e.user_id group by u.home_tenant_id order by u.home_tenant_id;
