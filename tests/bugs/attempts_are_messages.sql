-- Every attempt to deliver counts as a message.

-- right
select count(distinct message_id) as messages from webhook_deliveries;

-- wrong
select count(*) as messages from webhook_deliveries;
