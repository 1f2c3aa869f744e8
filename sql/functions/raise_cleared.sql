-- raise_cleared(closings): a line `cleared` for each deadline that had become overdue and is met or no longer owed now: id of its
-- last alert that was told here, by which event or status, on which day; no line where none was, but at another site. At most one
-- line for one alert.
-- A statement of its own after the deadlines were changed: only so it sees the alert of a claim that the change waited for.
-- Callers: replan.
create or replace function letterwatch.raise_cleared(closings letterwatch.closing[]) returns void
language sql volatile
as $$
	with cleared as (
		insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
		select letterwatch.line_id('cleared', a.alert_id::text), 'cleared', 5, letterwatch.clock(),
		       array['event', 'cleared', 'id', a.alert_id::text, 'rule', c.rule, 'office', c.office_code,
		             'letter', c.letter_no, 'due', to_char(a.due_on, 'YYYY-MM-DD'), 'by', c.closed_kind,
		             'on', to_char(coalesce(c.closed_on, (letterwatch.clock() at time zone o.time_zone)::date), 'YYYY-MM-DD')]
		from unnest(closings) c
		join letterwatch.office_setting o on o.office_code = c.office_code
		cross join lateral (
			select x.alert_id, x.due_on
			from letterwatch.alert x
			where x.letter_no = c.letter_no and x.rule = c.rule and x.since = c.since
			  and ((select p.site from letterwatch.planning p) is null or letterwatch.told_here(x.alert_id, x.to_office))
			order by x.raised_at desc, x.stage_no desc, x.occurrence desc
			limit 1
		) a
		on conflict (line_id) do nothing
		returning line_id, raised_at
	)
	insert into letterwatch.outbox (line_id, stage_at)
	select line_id, raised_at
	from cleared
$$;
comment on function letterwatch.raise_cleared(letterwatch.closing[]) is 'Tells that what was overdue is closed.';
