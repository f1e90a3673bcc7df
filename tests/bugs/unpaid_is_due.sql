-- Void and uncollectible invoices are added to what is still to come.

-- right
select coalesce(sum(total), 0) as due from invoices where status = 'open';

-- wrong
select coalesce(sum(total), 0) as due from invoices where status <> 'paid';
