-- An address leads to an account that was deleted.

-- right
select email, max(id) as id from users where deleted_at is null group by email order by email;

-- wrong
select email, min(id) as id from users group by email order by email;
