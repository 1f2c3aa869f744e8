-- calendar_gap: the years for which a calendar in use lacks a list, its own or that of a calendar it inherits from: this year and
-- the next, and every year that an open deadline waits for. deadlines: how many open ones are provisional for want of it.
create or replace view letterwatch.calendar_gap as
with recursive used as (
	select o.calendar, extract(year from max((select letterwatch.clock()) at time zone o.time_zone))::int as this_year
	from letterwatch.office_setting o
	group by o.calendar
), lineage as (
	select u.calendar, c.calendar as ancestor, c.parent, c.needs_list
	from used u
	join letterwatch.calendar c on c.calendar = u.calendar
	union
	select l.calendar, c.calendar, c.parent, c.needs_list
	from lineage l
	join letterwatch.calendar c on c.calendar = l.parent
), missing as (
	select distinct l.calendar, y.year
	from lineage l
	cross join generate_series(extract(year from lower(letterwatch.planning_horizon()))::int,
	                           extract(year from upper(letterwatch.planning_horizon()))::int) y (year)
	where l.needs_list
	  and not exists (select from letterwatch.calendar_list n where n.calendar = l.ancestor and n.year = y.year)
), waiting as (
	select o.calendar, m.year, count(*) as deadlines, min(d.due_on) as first_due_on
	from letterwatch.office_setting o
	join letterwatch.deadline d on d.office_code = o.office_code and d.state = 'open' and d.provisional
	cross join lateral (
		select min(x.year) from missing x where x.calendar = o.calendar and x.year >= extract(year from d.start_on)
	) m (year)
	group by o.calendar, m.year
)
select m.year, coalesce(w.deadlines, 0) as deadlines, w.first_due_on, m.calendar
from missing m
join used u on u.calendar = m.calendar
left join waiting w on w.calendar = m.calendar and w.year = m.year
where w.deadlines > 0 or m.year in (u.this_year, u.this_year + 1)
order by m.year, m.calendar;
comment on view letterwatch.calendar_gap is 'Years for which a list of holidays is missing, and the deadlines that wait for it.';
comment on column letterwatch.calendar_gap.first_due_on is 'The first last day among them.';
