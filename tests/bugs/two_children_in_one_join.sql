-- Two children joined at once multiply each other.

-- right
select (select count(*) from invoices i where i.tenant_id = t.id) as invoices, (select count(*) from projects p where p.tenant_id = t.id) as projects, t.id
from tenants t order by t.id;

-- wrong
select count(i.id) as invoices, count(p.id) as projects, t.id
from tenants t left join invoices i on i.tenant_id = t.id left join projects p on p.tenant_id = t.id group by t.id order by t.id;
