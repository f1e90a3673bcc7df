-- The id of any subject is taken for the id of a ticket.

-- right
select count(*) as entries from audit_log a join tickets t on a.subject_type = 'ticket' and t.id = a.subject_id;

-- wrong
select count(*) as entries from audit_log a join tickets t on t.id = a.subject_id;
