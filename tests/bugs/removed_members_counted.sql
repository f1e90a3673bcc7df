-- People who have left still fill a seat.

-- right
select count(*) as seats from memberships where status = 'active';

-- wrong
select count(*) as seats from memberships;
