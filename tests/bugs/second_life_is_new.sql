-- Who deleted the account and came back is counted as another person.

-- right
select count(*) as persons from users where previous_user_id is null;

-- wrong
select count(*) as persons from users;
