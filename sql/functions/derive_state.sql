-- derive_state(letters) → rows as of letter_state: what the inputs make of some letters. Reads no derived row of a letter.
-- Inlined into the caller's join, as period_end is.
-- Callers: replan, verify.
create or replace function letterwatch.derive_state(letters text[])
returns table (letter_no text, office_code text, rule_set text, status text, status_on date, status_event bigint,
               last_event bigint, impossible int, unit text, handler text)
language sql stable
as $$
	select l.letter_no, l.office_code, coalesce(l.rule_set, o.rule_set), coalesce(e.status, 'registered'),
	       coalesce(e.status_on, l.received_on), coalesce(e.status_event, 0), coalesce(e.last_event, 0),
	       coalesce(e.impossible, 0), e.unit, e.handler
	from unnest(letters) u (letter_no)
	join letterwatch.letter l on l.letter_no = u.letter_no
	join letterwatch.office_setting o on o.office_code = l.office_code
	left join (
		select s.letter_no,
		       (array_agg(s.status order by s.place desc))[1] as status,
		       (array_agg(s.on_day order by s.place desc) filter (where s.status <> s.status_before))[1] as status_on,
		       (array_agg(s.event_id order by s.place desc) filter (where s.status <> s.status_before))[1] as status_event,
		       max(s.event_id) as last_event,
		       (count(*) filter (where not s.possible))::int as impossible,
		       (array_agg(s.unit order by s.place desc) filter (where s.possible and s.unit is not null))[1] as unit,
		       (array_agg(s.handler order by s.place desc) filter (where s.possible and s.handler is not null))[1] as handler
		from letterwatch.event_sequence(letters) s
		group by s.letter_no
	) e on e.letter_no = l.letter_no
$$;
comment on function letterwatch.derive_state(text[]) is 'What letter_state should be.';
