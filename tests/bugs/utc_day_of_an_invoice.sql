-- A period that begins at local midnight begins on the day before in UTC.

-- right
select extract(day from i.period_start at time zone t.timezone) as day, count(*) as invoices from invoices i join tenants t on t.id = i.tenant_id group by 1 order by 1;

-- wrong
select extract(day from i.period_start at time zone 'UTC') as day, count(*) as invoices from invoices i group by 1 order by 1;
