-- Keys that never expire fail the comparison with now, and revoked ones pass it.

-- right
select count(*) as usable from api_keys where revoked_at is null and (expires_at is null or expires_at > timestamptz '2026-04-13 00:00:00+00');

-- wrong
select count(*) as usable from api_keys where expires_at > timestamptz '2026-04-13 00:00:00+00';
