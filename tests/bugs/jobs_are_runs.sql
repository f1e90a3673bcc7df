-- A job that was tried again ran more than once.

-- right
select sum(attempts) as runs from jobs;

-- wrong
select count(*) as runs from jobs where started_at is not null;
