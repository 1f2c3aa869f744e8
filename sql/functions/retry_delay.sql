-- retry_delay(tries) → interval: how long what failed that often rests before it is tried again: 1, 2, 4, … up to 60 seconds.
-- Callers: work_replan_queue, park.
create or replace function letterwatch.retry_delay(tries int) returns interval
language sql immutable parallel safe
as $$ select least(60, 2 ^ least(tries, 10)) * interval '1 second' $$;
comment on function letterwatch.retry_delay(int) is 'How long what failed rests.';
