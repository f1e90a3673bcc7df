-- COUNT of a column that can be NULL does not count rows.

-- right
select count(*) as tickets from tickets;

-- wrong
select count(project_id) as tickets from tickets;
