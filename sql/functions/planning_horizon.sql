-- planning_horizon() → daterange: the days that calendar_date covers. Receipts must lie in it, and every deadline does.
-- Callers: derive_calendar, due_date, letter_inserted, letter_refusal, event_refusal, event_value_fault.
create or replace function letterwatch.planning_horizon() returns daterange
language sql immutable parallel safe
as $$ select daterange('2000-01-01', '2061-01-01') $$;
comment on function letterwatch.planning_horizon() is 'The days for which deadlines can be computed.';
