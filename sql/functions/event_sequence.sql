-- event_sequence(letters) → rows: the events of some letters in the order in which they happened, each with the status before
-- and after it and whether it was possible. Order: time, then when it was recorded, then event_id; place counts from 1.
-- What is not possible changes nothing and meets nothing.
-- Inlined into the caller's join, as period_end is.
-- Callers: derive_state, derive_deadlines, event_inserted.
create or replace function letterwatch.event_sequence(letters text[])
returns table (letter_no text, event_id bigint, place bigint, kind text, outcome text, unit text, handler text, on_day date,
               occurred_at timestamptz, recorded_at timestamptz, status_before text, status text, possible boolean)
language sql stable
as $$
	select x.letter_no, x.event_id, x.place, x.kind, x.outcome, x.unit, x.handler, x.on_day, x.occurred_at, x.recorded_at,
	       x.status_before, x.status,
	       x.transitions -> (x.status_before || '/' || x.kind || '/' || coalesce(x.outcome, '')) is not null
	from (
		select s.*, coalesce(lag(s.status) over (partition by s.letter_no order by s.place), 'registered') as status_before
		from (
			select e.letter_no, e.event_id, e.kind, e.outcome, e.unit, e.handler, e.occurred_at, e.recorded_at, t.transitions,
			       (e.occurred_at at time zone o.time_zone)::date as on_day,
			       row_number() over life as place,
			       letterwatch.status_after(e.kind, e.outcome, t.transitions) over life as status
			from unnest(letters) u (letter_no)
			join letterwatch.letter l on l.letter_no = u.letter_no
			join letterwatch.office_setting o on o.office_code = l.office_code
			join letterwatch.letter_event e on e.letter_no = u.letter_no
			cross join (
				select jsonb_object_agg(r.status || '/' || r.kind || '/' || r.outcome, r.next_status)
				from letterwatch.transition r
			) t (transitions)
			window life as (partition by e.letter_no order by e.occurred_at, e.recorded_at, e.event_id)
		) s
	) x
$$;
comment on function letterwatch.event_sequence(text[]) is 'The events of letters in order, with the status before and after each.';
