-- Accounts that were deleted are counted.

-- right
select count(*) as users from users where deleted_at is null;

-- wrong
select count(*) as users from users;
