-- letter_fact(letters, as_of) → rows: what is known of some letters' arrival, as corrected: of each column the latest correction
-- that is not void stands over the letter's own. office_code: the office that received it. received_at: NULL where the day was
-- corrected. as_of: only what was recorded up to then; NULL: all.
-- Inlined into the caller's join, as period_end is.
-- Callers: event_sequence, derive_lives, event_inserted, explain_deadline.
create or replace function letterwatch.letter_fact(letters text[], as_of timestamptz default null)
returns table (letter_no text, office_code text, received_on date, received_at timestamptz, rule_set text,
               registered_at timestamptz, baseline boolean)
language sql stable
as $$
	select l.letter_no, coalesce(c.office_code, l.office_code), coalesce(c.received_on, l.received_on),
	       case when c.received_on is null then l.received_at end, coalesce(c.rule_set, l.rule_set), l.registered_at, l.baseline
	from unnest(letters) u (letter_no)
	cross join lateral (
		select x.letter_no, x.office_code, x.received_on, x.received_at, x.rule_set, x.registered_at, x.baseline
		from letterwatch.letter x
		where x.letter_no = u.letter_no
		offset 0
	) l
	left join (
		select e.letter_no,
		       (array_agg(e.to_office order by e.recorded_at desc, e.event_id desc) filter (where e.to_office is not null))[1]
		       	as office_code,
		       (array_agg(e.received_on order by e.recorded_at desc, e.event_id desc) filter (where e.received_on is not null))[1]
		       	as received_on,
		       (array_agg(e.rule_set order by e.recorded_at desc, e.event_id desc) filter (where e.rule_set is not null))[1]
		       	as rule_set
		from unnest(letters) u (letter_no)
		join letterwatch.letter_event e on e.letter_no = u.letter_no
		where e.kind = 'correct' and e.recorded_at <= coalesce(as_of, 'infinity')
		  and not exists (select from letterwatch.letter_event v
		                  where v.letter_no = e.letter_no and v.kind = 'void' and v.of_event = e.event_id
		                    and v.recorded_at <= coalesce(as_of, 'infinity'))
		group by e.letter_no
	) c on c.letter_no = l.letter_no
$$;
comment on function letterwatch.letter_fact(text[], timestamptz) is 'What is known of letters'' arrival, as corrected.';
