-- Amounts in several currencies are added up.

-- right
select currency, sum(total) as total from invoices group by currency order by currency;

-- wrong
select min(currency) as currency, sum(total) as total from invoices;
