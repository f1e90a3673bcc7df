-- Invitations that have expired or were revoked are shown as pending.

-- right
select count(*) as pending from invitations where accepted_at is null and revoked_at is null and expires_at > timestamptz '2026-04-13 00:00:00+00';

-- wrong
select count(*) as pending from invitations where accepted_at is null;
