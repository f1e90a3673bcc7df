-- Invoices are looked up by their number alone, but each tenant counts from 1.

-- right
select count(*) as number_one from invoices where number = 1 and tenant_id = (select min(tenant_id) from invoices);

-- wrong
select count(*) as number_one from invoices where number = 1;
