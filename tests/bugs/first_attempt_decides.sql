-- Only the first attempt is looked at, so invoices that were paid by a retry seem lost.

-- right
select count(*) as paid from invoices i where exists (select 1 from payments p where p.invoice_id = i.id and p.status = 'succeeded');

-- wrong
select count(*) as paid from invoices i join payments p on p.invoice_id = i.id and p.attempt = 1 and p.status = 'succeeded';
