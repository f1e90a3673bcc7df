-- Projects are grouped by name, and several have the same.

-- right
select count(*) as projects from (select p.id from projects p join tickets t on t.project_id = p.id group by p.id) x;

-- wrong
select count(*) as projects from (select p.name from projects p join tickets t on t.project_id = p.id group by p.name) x;
