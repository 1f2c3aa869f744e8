-- daily_mornings() → rows (event, subject, next_at): the lines that come by the day, and when each comes next: calendar_gap for each
-- calendar in use that needs lists, when office hours begin at the topmost office that uses it; digest for each office, when its
-- office hours begin on a working day. Of several sites, each tells its own offices.
-- Callers: plan_daily_lines, raise_daily_lines.
create or replace function letterwatch.daily_mornings() returns table (event text, subject text, next_at timestamptz)
language sql stable
as $$
	with morning as materialized (
		select m.time_zone, m.day_begins, m.calendar, letterwatch.next_morning(m.time_zone, m.day_begins) as any_day,
		       letterwatch.next_morning(m.time_zone, m.day_begins, m.calendar) as workday
		from (select distinct o.time_zone, o.day_begins, o.calendar from letterwatch.office_setting o) m
	), topmost as (
		select distinct on (o.calendar) o.calendar, o.time_zone, o.day_begins
		from letterwatch.office_setting o
		join letterwatch.calendar c on c.calendar = o.calendar and c.needs_list
		order by o.calendar, o.level, o.office_code
	)
	select 'calendar_gap', t.calendar, m.any_day
	from topmost t
	join morning m on m.time_zone = t.time_zone and m.day_begins = t.day_begins and m.calendar = t.calendar
	union all
	select 'digest', o.office_code, m.workday
	from letterwatch.office_setting o
	join morning m on m.time_zone = o.time_zone and m.day_begins = o.day_begins and m.calendar = o.calendar
	where coalesce(o.site = (select p.site from letterwatch.planning p), true)
$$;
comment on function letterwatch.daily_mornings() is 'The lines that come by the day, and when each comes next.';
