-- LIKE 'pro%' also finds the plan pro_2023.

-- right
select count(*) as pro from subscriptions s join plans p on p.id = s.plan_id where p.code = 'pro';

-- wrong
select count(*) as pro from subscriptions s join plans p on p.id = s.plan_id where p.code like 'pro%';
