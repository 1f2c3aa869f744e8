-- rebuild_calendars() → text[]: derives calendar_date again from calendar, calendar_list and calendar_day.
-- Returns the calendars of which a day changed. A day of a calendar comes from the newest list of its year, of the calendar
-- itself before its parent's; without a list the weekend decides and the day is unsettled. The days from 28 December on
-- need the list of the next year as well: New Year's break can begin, or be worked for, in December (31 December 2022 stands
-- in the list of 2023).
-- Its statistics are taken at once: without them a claim read the whole calendar for each deadline.
-- Callers: settings_changed, under the EXCLUSIVE lock of planning.
create or replace function letterwatch.rebuild_calendars() returns text[]
language plpgsql volatile
set jit = off
set enable_mergejoin = off
set enable_nestloop = off
as $$
declare
	changed text[];
begin
	with recursive lineage as (
		select c.calendar, c.calendar as ancestor, 0 as distance, c.parent, c.needs_list
		from letterwatch.calendar c
		union all
		select l.calendar, p.calendar, l.distance + 1, p.parent, p.needs_list
		from lineage l
		join letterwatch.calendar p on p.calendar = l.parent
		where l.distance < 8
	), in_force as (
		select calendar, year, max(version) as version
		from letterwatch.calendar_list
		group by calendar, year
	), exception_day as (
		select distinct on (l.calendar, d.day) l.calendar, d.day, d.kind = 'work' as workday, d.holiday
		from lineage l
		join in_force f on f.calendar = l.ancestor
		join letterwatch.calendar_day d on d.calendar = f.calendar and d.year = f.year and d.version = f.version
		order by l.calendar, d.day, l.distance, d.year desc
	), listed_year as (
		select l.calendar, y.year,
		       bool_and(not l.needs_list
		                or exists (select from in_force f where f.calendar = l.ancestor and f.year = y.year)) as listed
		from lineage l
		cross join generate_series(extract(year from lower(letterwatch.planning_horizon()))::int,
		                           extract(year from upper(letterwatch.planning_horizon()))::int + 1) y (year)
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
	), counted as (
		select *,
		       count(*) filter (where workday) over upto as workdays,
		       count(*) filter (where not settled) over upto as unsettled
		from known
		window upto as (partition by calendar order by day)
	), derived as (
		select c.calendar, c.day, c.workday, c.workdays::int, n.day as next_workday, c.unsettled::int, c.holiday,
		       c.settled and (c.workday or n.unsettled = c.unsettled) as settled
		from counted c
		join counted n on n.calendar = c.calendar and n.workday and n.workdays = c.workdays + 1
		where c.day <@ letterwatch.planning_horizon()
	), written as (
		insert into letterwatch.calendar_date as t
			(calendar, day, workday, workdays, next_workday, settled, unsettled, holiday)
		select calendar, day, workday, workdays, next_workday, settled, unsettled, holiday
		from derived
		on conflict (calendar, day) do update
		set (workday, workdays, next_workday, settled, unsettled, holiday) =
			(excluded.workday, excluded.workdays, excluded.next_workday, excluded.settled, excluded.unsettled,
			 excluded.holiday)
		where (t.workday, t.workdays, t.next_workday, t.settled, t.unsettled, t.holiday) is distinct from
		      (excluded.workday, excluded.workdays, excluded.next_workday, excluded.settled, excluded.unsettled,
		       excluded.holiday)
		returning t.calendar
	)
	select array_agg(distinct calendar) into changed from written;
	if changed is not null then
		analyze letterwatch.calendar_date;
	end if;
	return coalesce(changed, '{}');
end
$$;
comment on function letterwatch.rebuild_calendars() is 'Derives calendar_date from the calendars and their lists.';
