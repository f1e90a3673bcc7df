-- A session over midnight is counted on the day of its start alone.

-- right
select sum(cast(coalesce(s.ended_at, timestamptz '2026-04-13 00:00:00+00') at time zone u.timezone as date) - cast(s.started_at at time zone u.timezone as date) + 1) as days from sessions s join users u on u.id = s.user_id;

-- wrong
select count(*) as days from sessions s;
