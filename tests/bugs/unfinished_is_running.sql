-- Jobs that have not begun are counted as running.

-- right
select count(*) as running from jobs where status = 'running';

-- wrong
select count(*) as running from jobs where finished_at is null;
