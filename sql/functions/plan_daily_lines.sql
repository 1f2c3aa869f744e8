-- plan_daily_lines(): keeps daily_line up with the settings: a calendar_gap row for each calendar in use that needs lists, next
-- looked at when office hours begin at the topmost office that uses it.
-- Callers: apply_settings.
create or replace function letterwatch.plan_daily_lines() returns void
language sql volatile
as $$
	with used as (
		select distinct on (o.calendar) o.calendar, o.time_zone, o.day_begins
		from letterwatch.office_setting o
		join letterwatch.calendar c on c.calendar = o.calendar and c.needs_list
		order by o.calendar, o.level, o.office_code
	), unused as (
		delete from letterwatch.daily_line l
		where l.event = 'calendar_gap' and not exists (select from used u where u.calendar = l.subject)
	)
	insert into letterwatch.daily_line (event, subject, next_at)
	select 'calendar_gap', u.calendar, letterwatch.next_morning(u.time_zone, u.day_begins)
	from used u
	on conflict (event, subject) do nothing
$$;
comment on function letterwatch.plan_daily_lines() is 'Plans the lines that come by the day.';
