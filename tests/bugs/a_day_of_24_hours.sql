-- A local day is taken for 24 hours, so the nights around a clock change look irregular.

-- right
select count(*) as irregular from (select cast(j.scheduled_for at time zone t.timezone as date) as day, lag(cast(j.scheduled_for at time zone t.timezone as date)) over (partition by j.tenant_id order by j.scheduled_for) as before
  from jobs j join tenants t on t.id = j.tenant_id where j.kind like 'cron.%') x where day - before <> 1;

-- wrong
select count(*) as irregular from (select scheduled_for as moment, lag(scheduled_for) over (partition by tenant_id order by scheduled_for) as before
  from jobs where kind like 'cron.%') x where moment - before <> interval '24 hours';
