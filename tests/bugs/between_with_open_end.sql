-- Sessions that are still open have no end, so BETWEEN drops them.

-- right
select count(*) as running from sessions where started_at <= timestamptz '2026-04-13 00:00:00+00' and (ended_at is null or ended_at > timestamptz '2026-04-13 00:00:00+00');

-- wrong
select count(*) as running from sessions where timestamptz '2026-04-13 00:00:00+00' between started_at and ended_at;
