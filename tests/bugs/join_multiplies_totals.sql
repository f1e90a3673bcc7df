-- A join with the lines adds up the total of an invoice once for each line.

-- right
select sum(total) as invoiced from invoices where exists (select 1 from invoice_lines l where l.invoice_id = invoices.id);

-- wrong
select sum(i.total) as invoiced from invoices i join invoice_lines l on l.invoice_id = i.id;
