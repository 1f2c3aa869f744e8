-- next_morning(time_zone, day_begins, calendar) → timestamptz: when office hours next begin in that zone; with a calendar, on a
-- working day of it.
-- Callers: daily_mornings.
create or replace function letterwatch.next_morning(time_zone text, day_begins time, calendar text default null) returns timestamptz
language sql stable
as $$
	select (coalesce(case when c.workday then c.day else c.next_workday end, t.next_on) + day_begins) at time zone time_zone
	from (select ((letterwatch.clock() at time zone time_zone) - day_begins)::date + 1) t (next_on)
	left join letterwatch.calendar_date c on c.calendar = next_morning.calendar and c.day = t.next_on
$$;
comment on function letterwatch.next_morning(text, time, text) is 'When office hours next begin.';
