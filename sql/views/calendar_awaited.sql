-- calendar_awaited: the years for which a calendar in use lacks a list, its own or that of a calendar it inherits from: this year
-- and the next, without an office; and every year that open deadlines wait for, office by office, whoever looks. For calendar_gap
-- and the daily line, not for people.
create or replace view letterwatch.calendar_awaited as
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
	select o.calendar, m.year, o.office_code, count(*) as deadlines, min(d.due_on) as first_due_on
	from letterwatch.office_setting o
	join letterwatch.deadline d on d.office_code = o.office_code and d.state = 'open' and d.provisional
	cross join lateral (
		select min(x.year) from missing x where x.calendar = o.calendar and x.year >= extract(year from d.start_on)
	) m (year)
	group by o.calendar, m.year, o.office_code
)
select w.calendar, w.year, w.office_code, w.deadlines, w.first_due_on
from waiting w
where w.year is not null
union all
select m.calendar, m.year, null, 0, null
from missing m
join used u on u.calendar = m.calendar
where m.year in (u.this_year, u.this_year + 1);
comment on view letterwatch.calendar_awaited is 'Years for which a list of holidays is missing, by office; behind calendar_gap.';
comment on column letterwatch.calendar_awaited.deadlines is 'How many open deadlines of the office are provisional for want of it.';
comment on column letterwatch.calendar_awaited.first_due_on is 'The first last day among them.';
