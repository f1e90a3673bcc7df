-- Work on a Monday morning in Tokyo is Sunday in UTC.

-- right
select count(*) as on_weekends from events e join users u on u.id = e.user_id where extract(isodow from e.occurred_at at time zone u.timezone) > 5;

-- wrong
select count(*) as on_weekends from events e where extract(isodow from e.occurred_at at time zone 'UTC') > 5;
