-- Today is taken in UTC for trials that end today in local time.

-- right
select count(*) as today from subscriptions s join tenants t on t.id = s.tenant_id where cast(s.trial_ends_at at time zone t.timezone as date) = cast(timestamptz '2026-04-13 00:00:00+00' at time zone t.timezone as date);

-- wrong
select count(*) as today from subscriptions s where cast(s.trial_ends_at at time zone 'UTC' as date) = date '2026-04-13';
