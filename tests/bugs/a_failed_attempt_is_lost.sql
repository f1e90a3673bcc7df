-- A message counts as lost as soon as one attempt has failed.

-- right
select count(*) as lost from (select message_id from webhook_deliveries group by message_id having count(case when status_code between 200 and 299 then 1 end) = 0) x;

-- wrong
select count(*) as lost from (select message_id from webhook_deliveries group by message_id having count(case when status_code >= 300 then 1 end) > 0) x;
