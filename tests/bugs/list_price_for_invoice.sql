-- Seats times list price leaves out discounts, pauses and what came on top.

-- right
select cast(sum(subtotal) as decimal(18,2)) as net from invoices;

-- wrong
select cast(sum(s.seats * p.price * case s.billing_period when 'year' then 10 else 1 end) as decimal(18,2)) as net from invoices i join subscriptions s on s.id = i.subscription_id join plans p on p.id = s.plan_id;
