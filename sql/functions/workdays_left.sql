-- workdays_left(calendar, due_on, today) → (workdays_left), one row: working days after `today` up to and including the last
-- day, 0 on it; after it −(1 + working days between the last day and today): never 0 when late.
-- Inlined into the caller's join, as period_end is.
-- Callers: raise_alerts, owes, the views.
create or replace function letterwatch.workdays_left(calendar text, due_on date, today date)
returns table (workdays_left int)
language sql stable parallel safe
as $$
	select case when today <= due_on then d.workdays - t.workdays
	            else -(1 + t.workdays - t.workday::int - d.workdays) end
	from letterwatch.calendar_date d
	join letterwatch.calendar_date t on t.calendar = d.calendar and t.day = today
	where d.calendar = workdays_left.calendar and d.day = due_on
$$;
comment on function letterwatch.workdays_left(text, date, date) is 'Working days up to the last day; negative after it.';
