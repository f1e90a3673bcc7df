-- The hour is taken in UTC and not where the user works.

-- right
select extract(hour from e.occurred_at at time zone u.timezone) as hour, count(*) as events from events e join users u on u.id = e.user_id group by 1 order by 1;

-- wrong
select extract(hour from e.occurred_at at time zone 'UTC') as hour, count(*) as events from events e group by 1 order by 1;
