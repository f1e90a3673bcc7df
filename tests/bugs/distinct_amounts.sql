-- DISTINCT against doubled rows drops invoices of the same amount.

-- right
select sum(total) as total from invoices where id in (select invoice_id from payments);

-- wrong
select sum(distinct i.total) as total from invoices i join payments p on p.invoice_id = i.id;
