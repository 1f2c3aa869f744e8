-- verify() → (what, letter_no): derives everything again from the inputs and returns what differs from what is stored: state or
-- deadline; queued: planning failed; parked: its alert could not be raised; impossible: an event that could not be in its
-- status. What is closed keeps the date that it was judged by, so only the dates of what is open are held against the present
-- rules and lists. Empty in a healthy database.
-- Callers: administrators, tests.
create or replace function letterwatch.verify() returns table (what text, letter_no text)
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set jit = off
set plan_cache_mode = auto
set enable_seqscan = on
set enable_mergejoin = on
as $$
declare
	letters text[] := array(select l.letter_no::text from letterwatch.letter l);
begin
	perform letterwatch.plan_for(cardinality(letters));
	return query
	select 'state', coalesce(d.letter_no, s.letter_no)
	from letterwatch.derive_state(letters) d
	full join letterwatch.letter_state s on s.letter_no = d.letter_no
	where (d.office_code, d.rule_set, d.status, d.status_on, d.status_event, d.last_event, d.impossible, d.unit, d.handler) is distinct from
	      (s.office_code, s.rule_set, s.status, s.status_on, s.status_event, s.last_event, s.impossible, s.unit, s.handler)
	union all
	select 'deadline ' || coalesce(w.rule, d.rule), coalesce(w.letter_no, d.letter_no)
	from letterwatch.derive_deadlines(letters) w
	full join letterwatch.deadline d on d.letter_no = w.letter_no and d.rule = w.rule and d.since = w.since
	where (w.rule_set, w.office_code, w.unit, w.state, w.start_on, w.closed_event, w.closed_on) is distinct from
	      (d.rule_set, d.office_code, d.unit, d.state, d.start_on, d.closed_event, d.closed_on)
	   or d.state = 'open'
	      and (w.due_on, w.late_at, w.overdue_at, w.provisional, w.first_stage) is distinct from
	          (d.due_on, d.late_at, d.overdue_at, d.provisional, d.first_stage)
	union all
	select 'impossible ' || e.kind, e.letter_no
	from letterwatch.event_sequence(letters) e
	where not e.possible
	union all
	select 'queued', q.letter_no::text
	from letterwatch.replan_queue q
	union all
	select 'parked ' || p.rule, p.letter_no
	from letterwatch.parked p;
end
$$;
comment on function letterwatch.verify() is 'What differs from what the inputs say; empty in a healthy database.';
