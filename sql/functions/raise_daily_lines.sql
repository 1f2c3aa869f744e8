-- raise_daily_lines(instance, leased_until) → int: raises the lines that come by the day and whose time has come; returns how
-- many. calendar_gap, each morning: of a calendar in use the list of this year is not loaded, or from 1 November that of the
-- next; with the number of open deadlines that wait for it, and the first last day among them. At most one a calendar, year and
-- day.
-- Callers: claim_due.
create or replace function letterwatch.raise_daily_lines(instance bigint, leased_until timestamptz) returns int
language plpgsql volatile
as $$
declare
	calendars text[];
	raised int;
begin
	calendars := array(
		select l.subject
		from letterwatch.daily_line l
		where l.next_at <= (select letterwatch.clock())
		for update skip locked);
	if cardinality(calendars) = 0 then
		return 0;
	end if;
	with used as (
		select distinct on (o.calendar) o.calendar, (letterwatch.clock() at time zone o.time_zone)::date as today,
		       letterwatch.next_morning(o.time_zone, o.day_begins) as next_at
		from letterwatch.office_setting o
		where o.calendar = any (calendars)
		order by o.calendar, o.level, o.office_code
	), moved as (
		update letterwatch.daily_line l
		set next_at = u.next_at
		from used u
		where l.event = 'calendar_gap' and l.subject = u.calendar
	), named as (
		insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
		select letterwatch.line_id('calendar_gap', u.calendar, g.year::text, u.today::text), 'calendar_gap', 4, letterwatch.clock(),
		       array['event', 'calendar_gap', 'calendar', u.calendar, 'year', g.year::text, 'deadlines', g.deadlines::text]
		       || case when g.first_due_on is not null then array['first_due', to_char(g.first_due_on, 'YYYY-MM-DD')] end
		from used u
		join (select x.year, x.calendar, sum(x.deadlines) as deadlines, min(x.first_due_on) as first_due_on
		      from letterwatch.calendar_awaited x
		      group by x.year, x.calendar) g on g.calendar = u.calendar
		where g.year <= extract(year from u.today) + case when to_char(u.today, 'MM-DD') >= '11-01' then 1 else 0 end
		on conflict (line_id) do nothing
		returning line_id, raised_at
	), sent as (
		insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
		select n.line_id, n.raised_at, raise_daily_lines.instance, raise_daily_lines.leased_until
		from named n
	)
	select count(*) into raised from named;
	return raised;
end
$$;
comment on function letterwatch.raise_daily_lines(bigint, timestamptz) is 'Raises the lines that come by the day.';
