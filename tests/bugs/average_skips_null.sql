-- AVG leaves out the tickets that are open, so the old ones do not count.

-- right
select round(cast(avg(extract(epoch from coalesce(closed_at, timestamptz '2026-04-13 00:00:00+00') - created_at)) / 3600 as numeric), 1) as hours from tickets;

-- wrong
select round(cast(avg(extract(epoch from closed_at - created_at)) / 3600 as numeric), 1) as hours from tickets;
