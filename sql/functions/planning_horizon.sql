-- planning_horizon() → daterange: the days that calendar_date covers. Receipts must lie in it, and every deadline does.
-- Callers: rebuild_calendars, letter_inserted.
create or replace function letterwatch.planning_horizon() returns daterange
language sql immutable parallel safe
as $$ select daterange('2000-01-01', '2061-01-01') $$;
comment on function letterwatch.planning_horizon() is 'The days for which deadlines can be computed.';
