-- Failed attempts are added to what was paid.

-- right
select sum(amount) as paid from payments where status = 'succeeded';

-- wrong
select sum(amount) as paid from payments;
