-- raise_calendar_gaps(instance, calendars, leased_until): a line calendar_gap for each of these calendars, in use, whose list of
-- this year is not loaded, or from 1 November that of the next; with the number of open deadlines that wait for it, and the
-- first last day among them. At most one a calendar, year and day.
-- Callers: raise_daily_lines.
create or replace function letterwatch.raise_calendar_gaps(instance bigint, calendars text[], leased_until timestamptz) returns void
language plpgsql volatile
as $$
begin
	if cardinality(calendars) = 0 then
		return;
	end if;
	with used as (
		select distinct on (o.calendar) o.calendar, (letterwatch.clock() at time zone o.time_zone)::date as today
		from letterwatch.office_setting o
		where o.calendar = any (calendars)
		order by o.calendar, o.level, o.office_code
	), named as (
		insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
		select letterwatch.line_id('calendar_gap', u.calendar, g.year::text, to_char(u.today, 'YYYY-MM-DD')), 'calendar_gap', 4, letterwatch.clock(),
		       array['event', 'calendar_gap', 'calendar', u.calendar, 'year', g.year::text, 'deadlines', g.deadlines::text]
		       || case when g.first_due_on is not null then array['first_due', to_char(g.first_due_on, 'YYYY-MM-DD')] end
		from used u
		join (select x.year, x.calendar, sum(x.deadlines) as deadlines, min(x.first_due_on) as first_due_on
		      from letterwatch.calendar_awaited x
		      group by x.year, x.calendar) g on g.calendar = u.calendar
		where g.year <= extract(year from u.today) + case when to_char(u.today, 'MM-DD') >= '11-01' then 1 else 0 end
		on conflict (line_id) do nothing
		returning line_id, raised_at
	)
	insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
	select n.line_id, n.raised_at, raise_calendar_gaps.instance, raise_calendar_gaps.leased_until
	from named n;
end
$$;
comment on function letterwatch.raise_calendar_gaps(bigint, text[], timestamptz) is 'Tells which lists of holidays are missing.';
