-- A filter for positive lines leaves out the discounts.

-- right
select sum(amount) as amount from invoice_lines;

-- wrong
select sum(amount) as amount from invoice_lines where amount > 0;
