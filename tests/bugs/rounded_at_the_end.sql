-- Tax is rounded on every invoice, and not once on the sum.

-- right
select t.country, cast(sum(i.tax) as decimal(18,2)) as tax from invoices i join tenants t on t.id = i.tenant_id where t.country = 'DE' group by t.country;

-- wrong
select t.country, cast(sum(i.subtotal) * 0.19 as decimal(18,2)) as tax from invoices i join tenants t on t.id = i.tenant_id where t.country = 'DE' group by t.country;
