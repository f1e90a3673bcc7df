-- The next page begins behind the last instant, and leaves out the rows with the same one.

-- right
with page as (select tenant_id, created_at, id, row_number() over (partition by tenant_id order by created_at, id) as n from tickets where deleted_at is null)
select count(*) as shown from page p join page l on l.tenant_id = p.tenant_id and l.n = 2 where p.n <= 2 or (p.created_at, p.id) > (l.created_at, l.id);

-- wrong
with page as (select tenant_id, created_at, id, row_number() over (partition by tenant_id order by created_at, id) as n from tickets where deleted_at is null)
select count(*) as shown from page p join page l on l.tenant_id = p.tenant_id and l.n = 2 where p.n <= 2 or p.created_at > l.created_at;
