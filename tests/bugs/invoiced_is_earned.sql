-- What was invoiced is taken for what was paid.

-- right
select sum(total) as earned from invoices where paid_at is not null;

-- wrong
select sum(total) as earned from invoices;
