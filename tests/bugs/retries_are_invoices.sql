-- Every attempt counts as one invoice.

-- right
select count(distinct invoice_id) as charged from payments;

-- wrong
select count(invoice_id) as charged from payments;
