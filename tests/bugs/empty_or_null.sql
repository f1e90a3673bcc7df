-- A text that is missing is sometimes NULL and sometimes empty.

-- right
select count(*) as unknown from sessions where coalesce(user_agent, '') = '';

-- wrong
select count(*) as unknown from sessions where user_agent is null;
