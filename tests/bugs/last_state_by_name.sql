-- MAX of the state is the last one in the alphabet and not the last one in time.

-- right
select status, count(*) as users from (select (select h.to_status from user_states h where h.user_id = u.id order by h.at desc limit 1) as status from users u) x group by status order by status;

-- wrong
select status, count(*) as users from (select max(h.to_status) as status from user_states h group by h.user_id) x group by status order by status;
