-- Who was invited twice counts twice.

-- right
select count(distinct email) as invited from invitations where accepted_at is null;

-- wrong
select count(*) as invited from invitations where accepted_at is null;
