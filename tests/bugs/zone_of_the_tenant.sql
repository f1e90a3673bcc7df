-- The zone of the tenant is used for members who work elsewhere.

-- right
select extract(hour from e.occurred_at at time zone u.timezone) as hour, count(*) as events from events e join users u on u.id = e.user_id group by 1 order by 1;

-- wrong
select extract(hour from e.occurred_at at time zone t.timezone) as hour, count(*) as events from events e join tenants t on t.id = e.tenant_id group by 1 order by 1;
