-- derive_calendar(calendars, until) → rows as of calendar_date: the days of some calendars, by the lists that were known before
-- `until`; NULL: by all. A day comes from the newest list of its year, of the calendar itself before its parent's; without a
-- list the weekend decides and the day is unsettled. The days from 28 December on need the list of the next year as well: New
-- Year's break can begin, or be worked for, in December (31 December 2022 stands in the list of 2023).
-- Callers: rebuild_calendars, make_editions, verify.
create or replace function letterwatch.derive_calendar(calendars text[], until timestamptz)
returns table (calendar text, day date, workday boolean, workdays int, next_workday date, settled boolean, unsettled int,
               holiday text)
language sql stable
set jit = off
set enable_seqscan = on
set enable_hashjoin = on
set enable_mergejoin = off
set enable_nestloop = off
as $$
	with recursive lineage as (
		select c.calendar, c.calendar as ancestor, 0 as distance, c.parent, c.needs_list
		from letterwatch.calendar c
		where c.calendar = any (calendars)
		union all
		select l.calendar, p.calendar, l.distance + 1, p.parent, p.needs_list
		from lineage l
		join letterwatch.calendar p on p.calendar = l.parent
		where l.distance < 8
	), in_force as (
		select l.calendar, l.year, max(l.version) as version
		from letterwatch.calendar_list l
		where derive_calendar.until is null or l.recorded_at < derive_calendar.until
		group by l.calendar, l.year
	), exception_day as (
		select distinct on (l.calendar, d.day) l.calendar, d.day, d.kind = 'work' as workday, d.holiday
		from lineage l
		join in_force f on f.calendar = l.ancestor
		join letterwatch.calendar_day d on d.calendar = f.calendar and d.year = f.year and d.version = f.version
		order by l.calendar, d.day, l.distance, d.year desc
	), listed_year as (
		select l.calendar, y.year, bool_and(not l.needs_list or f.year is not null) as listed
		from lineage l
		cross join generate_series(extract(year from lower(letterwatch.planning_horizon()))::int,
		                           extract(year from upper(letterwatch.planning_horizon()))::int + 1) y (year)
		left join in_force f on f.calendar = l.ancestor and f.year = y.year
		group by l.calendar, y.year
	), known as (
		select c.calendar, d.day::date as day, x.holiday,
		       coalesce(x.workday, extract(isodow from d.day)::int <> all (c.weekend)) as workday,
		       y.listed and (to_char(d.day, 'MM-DD') < '12-28' or n.listed) as settled
		from letterwatch.calendar c
		cross join generate_series(lower(letterwatch.planning_horizon()),
		                           upper(letterwatch.planning_horizon()) + 60, interval '1 day') d (day)
		join listed_year y on y.calendar = c.calendar and y.year = extract(year from d.day)
		join listed_year n on n.calendar = c.calendar and n.year = extract(year from d.day) + 1
		left join exception_day x on x.calendar = c.calendar and x.day = d.day::date
		where c.calendar = any (calendars)
	), counted as (
		select k.*,
		       count(*) filter (where k.workday) over upto as workdays,
		       count(*) filter (where not k.settled) over upto as unsettled
		from known k
		window upto as (partition by k.calendar order by k.day)
	)
	select c.calendar, c.day, c.workday, c.workdays::int, n.day, c.settled and (c.workday or n.unsettled = c.unsettled),
	       c.unsettled::int, c.holiday
	from counted c
	join counted n on n.calendar = c.calendar and n.workday and n.workdays = c.workdays + 1
	where c.day <@ letterwatch.planning_horizon()
$$;
comment on function letterwatch.derive_calendar(text[], timestamptz) is 'The days of calendars, as known at some time.';
