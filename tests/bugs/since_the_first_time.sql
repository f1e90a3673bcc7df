-- A state that came several times is dated by its first time.

-- right
select subscription_id, max(e.at) as entered from subscription_events e where to_status = 'active' group by subscription_id order by subscription_id;

-- wrong
select subscription_id, min(e.at) as entered from subscription_events e where to_status = 'active' group by subscription_id order by subscription_id;
