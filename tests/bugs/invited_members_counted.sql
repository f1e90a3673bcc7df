-- People who were asked and have not come fill a seat.

-- right
select count(*) as seats from memberships where status in ('active', 'suspended');

-- wrong
select count(*) as seats from memberships where status <> 'removed';
