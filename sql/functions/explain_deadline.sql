-- explain_deadline(letter_no, rule) → (step, day, what): how the last day of a letter's deadline comes about, a step a row, in
-- their order; of several under that rule one that is open, the one begun last. Derived from the inputs, whatever is stored. For a closed one it
-- is told by the rule, lists and settings that it is judged by, and what today's lists would make of it, if that differs.
-- Errors: LW002 no deadline under that rule; those of check_letter.
-- Callers: people.
create or replace function letterwatch.explain_deadline(letter_no text, rule text)
returns table (step text, day date, what text)
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	d record;
	e record;
	r record;
	basis text;
	nominal date;
	present date;
begin
	perform letterwatch.check_letter($1);
	select x.* into d
	from letterwatch.derive(array[explain_deadline.letter_no]) x
	where x.rule = explain_deadline.rule
	order by x.state in ('open', 'suspended') desc, x.start_at desc, x.since desc
	limit 1;
	if not found then
		perform letterwatch.refuse('LW002', format('letter %s has no deadline under rule %s', $1, $2),
			'See: select * from letterwatch.letter_status; and select rule_set, rule from letterwatch.rule;');
	end if;
	select x.* into r
	from (select y.rule_set, y.rule, y.valid_from, y.basis, y.begins, y.count_from, y.amount, y.unit, y.month_end, y.roll, null as until
	      from letterwatch.rule y
	      union all
	      select p.rule_set, p.rule, p.valid_from, p.basis, p.begins, p.count_from, p.amount, p.unit, p.month_end, p.roll, p.until
	      from letterwatch.rule_past p) x
	where x.rule_set = d.rule_set and x.rule = d.rule and x.valid_from = d.rule_from
	order by x.until desc nulls first
	limit 1;
	select x.event_id, x.kind, x.outcome, x.recorded_at into e from letterwatch.letter_event x where x.event_id = d.closed_event;

	if d.judged_at is not null then
		basis := (select x.basis
		          from (select y.basis, y.valid_from, y.valid_to, null as until
		                from letterwatch.rule y
		                where y.rule_set = d.rule_set and y.rule = d.rule
		                union all
		                select p.basis, p.valid_from, p.valid_to, p.until
		                from letterwatch.rule_past p
		                where p.rule_set = d.rule_set and p.rule = d.rule and p.until > d.judged_at) x
		          where d.received_on between x.valid_from and x.valid_to
		          order by x.until nulls last
		          limit 1);
	end if;

	return query select 'rule', null::date, format('%s / %s: %s. %s', d.rule_set, d.rule,
		case when d.period_unit = 'date' then 'by the day that is named'
		     else format('%s %s', d.amount, d.period_unit || case when d.amount = 1 then '' else 's' end) end, coalesce(basis, r.basis));

	return query
	select 'start', d.start_on, case
		when x.event_id is null then 'received' || case when f.received_on <> l.received_on then ', as corrected' else '' end
		else format('%s (event %s)', x.kind, x.event_id)
		     || case when r.begins = 'progress' then ', or the last day of what it follows, if that is later' else '' end end
	from (values (coalesce(d.moved_by, d.since))) b (event_id)
	left join letterwatch.letter_event x on x.event_id = b.event_id
	cross join letterwatch.letter_fact(array[explain_deadline.letter_no]) f
	join letterwatch.letter l on l.letter_no = f.letter_no;
	if d.begun_at >= d.late_at then
		return query select 'recorded', (d.begun_at at time zone d.time_zone)::date, 'after its end: overdue from then on';
	end if;
	if d.period_unit = 'second' then
		return query select 'last day', d.due_on, format('ends at %s, %s',
			to_char(d.late_at at time zone d.time_zone, 'YYYY-MM-DD HH24:MI:SS'), d.time_zone);
		return;
	end if;

	if d.count_from <> 'same_day' and d.period_unit <> 'date' then
		return query select 'not counted', d.start_on, 'the day of the beginning does not count';
	end if;
	if d.count_from = 'next_workday' or d.period_unit = 'workday' then
		return query
		select 'not counted', c.day, coalesce(c.holiday, to_char(c.day, 'FMDay'))
		from letterwatch.calendar_date c
		where c.calendar = d.calendar and c.day > d.start_on and not c.workday
		  and c.day < case when d.period_unit = 'workday' then coalesce(d.own_end_on, d.start_on)
		                   else (select s.next_workday from letterwatch.calendar_date s where s.calendar = d.calendar and s.day = d.start_on) end
		order by c.day;
	end if;
	nominal := (select p.due_on from letterwatch.period_end(d.calendar, d.start_on, d.count_from, d.amount, d.period_unit, d.month_end,
	                                                        false, null, d.extended_to) p
	            where d.period_unit = 'date'
	            union all
	            select p.own_end_on from letterwatch.period_end(d.calendar, d.start_on, d.count_from, d.amount, d.period_unit,
	                                                            d.month_end, false, null, null) p
	            where d.period_unit <> 'date');
	return query select 'nominal end', nominal, case d.period_unit
		when 'month' then format('%s %s after the start%s', d.amount, case d.amount when 1 then 'month' else 'months' end,
		                         case when d.count_from = 'next_day' and extract(day from nominal) <> extract(day from d.start_on)
		                              then ', on the last day of the month' else '' end)
		when 'date' then 'the day that is named'
		else format('%s %s counted', d.amount, d.period_unit || case when d.amount = 1 then '' else 's' end) end;

	return query
	select 'paused', lower(p), case when upper_inf(p) then 'suspended, not resumed: no last day'
	                                else format('until %s: %s days', upper(p) - 1, upper(p) - lower(p))
	                                     || case when d.period_unit = 'workday' then format(', %s of them working days', w.n) else '' end end
	from unnest(d.pauses * datemultirange(daterange(d.start_on + (d.count_from <> 'same_day')::int, d.own_end_on + 1))) p
	cross join lateral (
		select count(*) from letterwatch.calendar_date c where c.calendar = d.calendar and p @> c.day and c.workday
	) w (n);
	if d.own_end_on <> nominal then
		return query select 'end moved', d.own_end_on, 'by the paused days up to it'::text;
	end if;
	return query
	select 'extended', x.until, format('event %s%s', x.event_id, coalesce(', approved by ' || x.approved_by, ''))
	from letterwatch.letter_event x
	where x.event_id = any (d.extensions);

	return query
	select 'rolled over', c.day, coalesce(c.holiday, to_char(c.day, 'FMDay'))
	from letterwatch.calendar_date c
	where c.calendar = d.calendar and d.roll and c.day >= greatest(d.own_end_on, d.extended_to) and c.day < d.due_on
	order by c.day;
	return query
	with recursive lineage as (
		select c.calendar, c.parent, c.needs_list from letterwatch.calendar c where c.calendar = split_part(d.calendar, '@', 1)
		union
		select c.calendar, c.parent, c.needs_list from lineage n join letterwatch.calendar c on c.calendar = n.parent
	)
	select 'list', null::date, format('calendar %s, %s ', n.calendar, y.year)
	       || case when l.version is null then 'is not loaded'
	               else format('version %s, in force since %s: %s', l.version, (l.recorded_at at time zone d.time_zone)::date, l.source) end
	from lineage n
	cross join generate_series(extract(year from d.start_on)::int,
	                           extract(year from d.due_on)::int + (to_char(d.due_on, 'MM-DD') >= '12-28')::int) y (year)
	left join lateral (
		select x.version, x.recorded_at, x.source
		from letterwatch.calendar_list x
		where x.calendar = n.calendar and x.year = y.year and x.recorded_at <= coalesce(e.recorded_at, 'infinity')
		order by x.version desc
		limit 1
	) l on true
	where l.version is not null or d.provisional and n.needs_list
	order by y.year, n.calendar;
	if d.due_on is not null then
		return query select 'last day', d.due_on, trim(to_char(d.due_on, 'FMDay')) || case
			when d.provisional then ', provisional: where a list is not loaded, weekends only were taken' else '' end;
		return query select 'late from', (d.late_at at time zone d.time_zone)::date,
			format('%s, %s', to_char(d.late_at at time zone d.time_zone, 'YYYY-MM-DD HH24:MI'), d.time_zone);
	end if;
	if d.closed_event is not null then
		return query select d.state, d.closed_on, format('%s (event %s), recorded %s%s', concat_ws(' ', e.kind, e.outcome), e.event_id,
			to_char(e.recorded_at at time zone d.time_zone, 'YYYY-MM-DD HH24:MI'),
			case when d.verdict in ('late', 'missed') then ': ' || d.verdict else '' end);
		select p.due_on into present
		from letterwatch.office_setting o
		cross join lateral letterwatch.period_end(o.calendar, d.start_on, r.count_from, r.amount, r.unit, r.month_end, r.roll, d.pauses,
		                                          d.extended_to) p
		where o.office_code = d.office_code;
		if present <> d.due_on then
			return query select 'by now', present, 'is what the present lists and rule make of it; judged it stays by those of then'::text;
		end if;
	end if;
end
$$;
comment on function letterwatch.explain_deadline(text, text) is 'How the last day of a deadline comes about, step by step.';
