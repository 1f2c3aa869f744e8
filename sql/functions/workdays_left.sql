-- workdays_left(calendar, due_on, today, late) → (workdays_left), one row: working days after `today` up to and including the last
-- day, 0 on it; when the deadline is late −(1 + working days between the last day and today): never 0 then, also not in the
-- evening of a last day that ends with office hours.
-- Inlined into the caller's join, as period_end is.
-- Callers: raise_stages, owes, the views.
create or replace function letterwatch.workdays_left(calendar text, due_on date, today date, late boolean)
returns table (workdays_left int)
language sql stable parallel safe
as $$
	select case when late then -(1 + greatest(0, t.workdays - t.workday::int - d.workdays))
	            else d.workdays - t.workdays end
	from letterwatch.calendar_date d
	join letterwatch.calendar_date t on t.calendar = d.calendar and t.day = today
	where d.calendar = workdays_left.calendar and d.day = due_on
$$;
comment on function letterwatch.workdays_left(text, date, date, boolean) is 'Working days up to the last day; negative when late.';
