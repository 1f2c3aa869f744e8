-- raise_daily_lines(instance, at_most, leased_until) → int: raises the lines that come by the day and whose time has come, at most
-- at_most of them, and plans each anew for the next morning: whoever was down for days tells one line, not one a day. Returns
-- how many it dealt with; not each has something to say. Mornings are joined by hash: there are as many as offices.
-- Where the clock was set back, they are planned anew first. What goes wrong stops no alert: those that are due wait for a minute, and the server's log names the SQLSTATE. Errors: a
-- conflict, a cancel, no memory, disk or connections end the claim.
-- Callers: claim_due, when no alert is due.
create or replace function letterwatch.raise_daily_lines(instance bigint, at_most int, leased_until timestamptz) returns int
language plpgsql volatile
set enable_hashjoin = on
as $$
declare
	events text[];
	subjects text[];
begin
	if exists (select from letterwatch.daily_line l where l.planned_at > (select letterwatch.clock())) then
		perform letterwatch.plan_daily_lines();
	end if;
	if not exists (select from letterwatch.daily_line l where l.next_at <= (select letterwatch.clock())) then
		return 0;
	end if;
	begin
		select coalesce(array_agg(d.event), '{}'), coalesce(array_agg(d.subject), '{}') into events, subjects
		from (
			select l.event, l.subject
			from letterwatch.daily_line l
			where l.next_at <= (select letterwatch.clock())
			order by l.next_at, l.event, l.subject
			limit at_most
			for update skip locked
		) d;
		perform letterwatch.raise_calendar_gaps(
			instance, array(select d.subject from unnest(events, subjects) d (event, subject) where d.event = 'calendar_gap'), leased_until);
		perform letterwatch.raise_digests(
			instance, array(select d.subject from unnest(events, subjects) d (event, subject) where d.event = 'digest'), leased_until);
		update letterwatch.daily_line l
		set next_at = m.next_at, planned_at = letterwatch.clock()
		from unnest(events, subjects) d (event, subject)
		join letterwatch.daily_mornings() m on m.event = d.event and m.subject = d.subject
		where l.event = d.event and l.subject = d.subject;
	exception
		when serialization_failure or deadlock_detected or query_canceled or insufficient_resources then
			raise;
		when others then
			raise warning 'lines that come by the day wait for a minute: %', sqlstate;
			update letterwatch.daily_line l
			set next_at = letterwatch.clock() + interval '1 minute', planned_at = letterwatch.clock()
			from unnest(events, subjects) d (event, subject)
			where l.event = d.event and l.subject = d.subject;
	end;
	return coalesce(cardinality(subjects), 0);
end
$$;
comment on function letterwatch.raise_daily_lines(bigint, int, timestamptz) is 'Raises the lines that come by the day.';
