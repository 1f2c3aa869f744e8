-- next_morning(time_zone, day_begins) → timestamptz: when office hours next begin in that zone, working day or not.
-- Callers: plan_daily_lines, raise_daily_lines.
create or replace function letterwatch.next_morning(time_zone text, day_begins time) returns timestamptz
language sql stable
as $$
	select ((t.here - day_begins)::date + 1 + day_begins) at time zone time_zone
	from (select letterwatch.clock() at time zone time_zone) t (here)
$$;
comment on function letterwatch.next_morning(text, time) is 'When office hours next begin.';
