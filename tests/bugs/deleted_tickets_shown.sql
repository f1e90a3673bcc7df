-- Tickets that were thrown away are counted.

-- right
select count(*) as tickets from tickets where deleted_at is null;

-- wrong
select count(*) as tickets from tickets;
