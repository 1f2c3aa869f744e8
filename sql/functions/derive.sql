-- derive(letters, as_of) → rows: what the inputs make of some letters; reads no derived row of a letter. The rows and columns of
-- derive_lives, and of each deadline its end and how it ended: state to verdict as of deadline, and own_end_on, the end before
-- extension and roll. Registered after its end: it is overdue from the moment of registration on. state is suspended where
-- the end waits for a pause to end.
-- as_of: as in derive_lives (its stages are those of now).
-- Callers: replan, verify, preview, check_duplicates, check_extensions, explain_deadline, verdicts_then.
create or replace function letterwatch.derive(letters text[], as_of timestamptz default null)
returns table (letter_no text, letter_office text, letter_rule_set text, status text, status_on date, status_event bigint,
               last_event bigint, impossible int, letter_unit text, handler text, received_on date, suspended_on date,
               muted_until_on date, duplicate_of text, former_offices text[],
               rule text, since bigint, rule_set text, office_code text, unit text, closed_as text, start_on date, start_at timestamptz,
               closed_event bigint, closed_on date, closed_kind text, closing_kind text, closed_at timestamptz,
               judged_at timestamptz, rule_from date, begun_at timestamptz, pauses datemultirange, extended_to date,
               extensions bigint[], moved_by bigint, muted_until timestamptz, baseline boolean,
               time_zone text, calendar text, day_begins time,
               count_from text, amount int, period_unit text, month_end boolean, roll boolean, end_of_day time,
               state text, due_on date, late_at timestamptz, provisional boolean, own_end_on date, overdue_at timestamptz, first_stage int,
               verdict text)
language plpgsql stable rows 10
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_nestloop = on
as $$
begin
	return query
	select l.*, coalesce(l.closed_as, case when e.due_on is null and upper_inf(l.pauses) then 'suspended' else 'open' end),
	       e.due_on, e.late_at, e.provisional, e.own_end_on, u.overdue_at,
	       coalesce(letterwatch.first_stage(g.offsets, g.overdue_no, e.late_at, u.overdue_at, e.slack), 1),
	       letterwatch.verdict(l.closed_as, l.closing_kind, l.closed_at, l.judged_at, e.late_at)
	from letterwatch.derive_lives(letters, as_of) l
	left join letterwatch.stage_plan g on g.rule_set = l.rule_set and g.rule = l.rule
	left join lateral letterwatch.deadline_end(l.calendar, l.time_zone, l.start_on, l.start_at, l.count_from, l.amount, l.period_unit,
	                                           l.month_end, l.roll, l.end_of_day, l.pauses, l.extended_to) e on true
	cross join lateral (
		select greatest(e.late_at, case when l.begun_at >= e.late_at then l.begun_at end) offset 0
	) u (overdue_at);
end
$$;
comment on function letterwatch.derive(text[], timestamptz) is 'What the inputs make of letters: their state and deadlines.';
