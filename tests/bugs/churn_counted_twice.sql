-- Everybody who ever left is counted, also those who came back.

-- right
select count(*) as churned from users where status = 'churned';

-- wrong
select count(*) as churned from user_states where to_status = 'churned';
