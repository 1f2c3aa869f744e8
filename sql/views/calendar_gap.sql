-- calendar_gap: the years for which a calendar in use lacks a list, its own or that of a calendar it inherits from: this year and
-- the next, and every year that an open deadline of the offices in sight waits for. deadlines: how many open ones are provisional
-- for want of it.
create or replace view letterwatch.calendar_gap with (security_barrier) as
select g.year, sum(g.deadlines)::bigint as deadlines, min(g.first_due_on) as first_due_on, g.calendar
from letterwatch.calendar_awaited g
where g.office_code is null or g.office_code in (select letterwatch.my_offices())
group by g.year, g.calendar
order by g.year, g.calendar;
comment on view letterwatch.calendar_gap is 'Years for which a list of holidays is missing, and the deadlines that wait for it.';
comment on column letterwatch.calendar_gap.first_due_on is 'The first last day among them.';
