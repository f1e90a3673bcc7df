-- Addresses that differ in case alone are the same mailbox.

-- right
select count(distinct lower(email)) as mailboxes from users;

-- wrong
select count(distinct email) as mailboxes from users;
