-- A comparison with <> drops the rows that are NULL.

-- right
select count(*) as others from tickets where assignee_id is distinct from author_id;

-- wrong
select count(*) as others from tickets where assignee_id <> author_id;
