-- event_sequence(letters, as_of) → rows: the events of some letters, letter by letter in the order of the array, without the voided
-- ones, in the order in which they happened: by time, then by when it was recorded, then event_id; place counts from 1. Of
-- each: whether it was possible in the status before it (table transition; a transfer goes to another office); status and suspended, the office, unit and handler
-- in charge before (_before) and after it; supervised_before: whether an order waited for feedback. An event that was not
-- possible changes nothing and meets nothing.
-- on_day: the local date of the office in charge after it, by the time zone that it had when the event was recorded: as the clerk
-- saw it; recorded_day: that of the later of occurred_at and recorded_at. A transfer takes the letter out of the hands of unit and
-- handler. as_of: only what was recorded up to then; NULL: all.
-- A loop, for each step needs the one before; index lookups only, as in claim_due. (OFFSET 0: by the index also where the planner
-- thinks that there are no events yet, and to read them all costs no more.)
-- Callers: derive_lives, event_inserted, check_extensions, letter_history, notice_text, verify.
create or replace function letterwatch.event_sequence(letters text[], as_of timestamptz default null)
returns table (letter_no text, event_id bigint, place bigint, kind text, outcome text, rule text, until date, of_letter_no text,
               possible boolean, status_before text, status text, suspended_before boolean, suspended boolean,
               office_before text, office_code text, unit_before text, unit text, handler text,
               on_day date, recorded_day date, occurred_at timestamptz, recorded_at timestamptz,
               supervised_before boolean, baseline boolean)
language plpgsql stable rows 10
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_nestloop = on
as $$
declare
	upto timestamptz := coalesce(as_of, 'infinity');
	e record;
	nth bigint := 0;
	step letterwatch.transition;
	step_exists boolean;
	step_of text[];     -- what it was looked up for: the next event often asks for the same
	time_zone text;
	zone text;          -- the present time zone
	zone_of text;       -- of this office,
	zone_changed boolean; -- which had another once
	supervised boolean;
begin
	for e in
		select u.nth, f.office_code as received_by, o.time_zone as zone, x.*,
		       exists (select from letterwatch.office_setting_past p
		               where p.office_code = o.office_code and p.time_zone <> o.time_zone) as zone_changed
		from (select v.letter_no, v.nth from unnest(letters) with ordinality v (letter_no, nth) offset 0) u
		left join lateral letterwatch.letter_fact(array[u.letter_no], as_of) f on true
		left join letterwatch.office_setting o on o.office_code = f.office_code
		cross join lateral (
			select y.letter_no, y.event_id, y.kind, y.outcome, y.rule, y.until, y.of_letter_no, y.to_office, y.unit, y.handler, y.occurred_at,
			       y.recorded_at, y.baseline
			from letterwatch.letter_event y
			where y.letter_no = u.letter_no and y.recorded_at <= upto
			offset 0
		) x
		where not exists (
			select from letterwatch.letter_event v
			where v.letter_no = x.letter_no and v.kind = 'void' and v.of_event = x.event_id and v.recorded_at <= upto)
		order by u.nth, x.occurred_at, x.recorded_at, x.event_id
	loop
		if e.nth <> nth then
			nth := e.nth;
			letter_no := e.letter_no;
			place := 0;
			status := 'registered';
			suspended := false;
			supervised := false;
			office_code := e.received_by;
			zone := e.zone;
			zone_of := office_code;
			zone_changed := e.zone_changed;
			unit := null;
			handler := null;
		end if;
		place := place + 1;
		status_before := status;
		suspended_before := suspended;
		supervised_before := supervised;
		office_before := office_code;
		unit_before := unit;
		if array[status, e.kind, e.outcome, suspended::text, supervised::text] is distinct from step_of then
			step_of := array[status, e.kind, e.outcome, suspended::text, supervised::text];
			select t.* into step
			from letterwatch.transition t
			where t.status = event_sequence.status and t.kind = e.kind and t.outcome = coalesce(e.outcome, '')
			  and coalesce(t.when_suspended, event_sequence.suspended) = event_sequence.suspended
			  and coalesce(t.when_supervised, supervised) = supervised;
			step_exists := found;
		end if;
		possible := step_exists and (e.kind <> 'transfer' or e.to_office <> office_before);
		if possible then
			status := step.next_status;
			suspended := coalesce(step.suspends, suspended);
			supervised := coalesce(step.supervises, supervised);
			if e.kind = 'transfer' then
				office_code := e.to_office;
				unit := e.unit;
				handler := e.handler;
			else
				unit := coalesce(e.unit, unit);
				handler := coalesce(e.handler, handler);
			end if;
		end if;
		if office_code is distinct from zone_of then
			select o.time_zone, exists (select from letterwatch.office_setting_past p
			                            where p.office_code = o.office_code and p.time_zone <> o.time_zone)
			into zone, zone_changed
			from letterwatch.office_setting o
			where o.office_code = event_sequence.office_code;
			zone_of := office_code;
		end if;
		time_zone := zone;
		if zone_changed then
			time_zone := (letterwatch.office_then(office_code, e.recorded_at)).time_zone;
		end if;
		event_id := e.event_id;
		kind := e.kind;
		outcome := e.outcome;
		rule := e.rule;
		until := e.until;
		of_letter_no := e.of_letter_no;
		occurred_at := e.occurred_at;
		recorded_at := e.recorded_at;
		baseline := e.baseline;
		on_day := (e.occurred_at at time zone time_zone)::date;
		recorded_day := (greatest(e.occurred_at, e.recorded_at) at time zone time_zone)::date;
		return next;
	end loop;
end
$$;
comment on function letterwatch.event_sequence(text[], timestamptz) is 'The events of letters in order, with what was before and after each.';
