-- derive_deadlines(letters) → rows: what the deadlines of some letters should be, from inputs and letter_state.
-- base_on is the local day that ends at overdue_at: the last day, or the day of registration where that was later.
-- A period begins with the receipt, the acceptance, or each progress reply (the follow-up: on the later of the last day of
-- the rule it follows and the day of that reply). It is met by the first possible event of its kinds, and not owed while the
-- letter's status says so. Registered after its end: it is overdue from the moment of registration on.
-- Inlined into the caller's join, as period_end is; for OFFSET 0 see stage_time.
-- Callers: replan, verify.
create or replace function letterwatch.derive_deadlines(letters text[])
returns table (letter_no text, rule text, since bigint, rule_set text, office_code text, unit text, state text, start_on date,
               due_on date, late_at timestamptz, overdue_at timestamptz, provisional boolean, first_stage int,
               closed_event bigint, closed_on date, closed_kind text, base_on date)
language sql stable
as $$
	with event as materialized (
		select s.*, s.kind = 'notice' and s.outcome = 'accepted' as is_acceptance, s.kind = 'progress' as is_progress
		from letterwatch.event_sequence(letters) s
		where s.possible
	), watched as (
		select s.letter_no, s.office_code, s.status, s.status_on, s.status_event, s.unit as unit_in_charge,
		       l.received_on, coalesce(l.received_at, l.received_on::timestamp at time zone o.time_zone) as received_at,
		       l.registered_at, o.calendar, o.time_zone,
		       r.begins = 'receipt' as from_receipt, r.begins = 'acceptance' as from_acceptance,
		       r.begins = 'progress' as from_progress,
		       r.rule_set, r.rule, r.count_from, r.amount, r.unit, r.month_end, r.roll, r.end_of_day,
		       r.responsible_unit, r.assignable, r.met_by, r.not_owed_in, r.followed_by
		from unnest(letters) u (letter_no)
		join letterwatch.letter_state s on s.letter_no = u.letter_no
		join letterwatch.letter l on l.letter_no = u.letter_no
		join letterwatch.office_setting o on o.office_code = s.office_code
		join letterwatch.rule r on r.rule_set = s.rule_set and l.received_on between r.valid_from and r.valid_to
	), begun as (
		select w.*, 0::bigint as since, 0::bigint as place, w.received_on as start_on, w.received_at as start_at,
		       w.registered_at as recorded_at
		from watched w
		where w.from_receipt
		union all
		select w.*, e.event_id, e.place, e.on_day, e.occurred_at, e.recorded_at
		from watched w
		join event e on e.letter_no = w.letter_no
		where w.from_acceptance and e.is_acceptance
	), first_dated as (
		select b.*, p.due_on, p.slack, p.provisional
		from begun b
		left join lateral letterwatch.period_end(b.calendar, b.start_on, b.count_from, b.amount, b.unit, b.month_end, b.roll) p
			on true
	), followed as (
		select w.*, e.event_id as since, e.place, greatest(e.on_day, f.due_on) as start_on, e.occurred_at as start_at,
		       e.recorded_at
		from watched w
		join event e on e.letter_no = w.letter_no
		join first_dated f on f.letter_no = w.letter_no and f.followed_by = w.rule and f.place < e.place
		where w.from_progress and e.is_progress
	), dated as (
		select * from first_dated
		union all
		select b.*, p.due_on, p.slack, p.provisional
		from followed b
		left join lateral letterwatch.period_end(b.calendar, b.start_on, b.count_from, b.amount, b.unit, b.month_end, b.roll) p
			on true
	), closed as (
		select distinct on (d.letter_no, d.rule, d.since)
		       d.*, e.event_id as met_event, e.on_day as met_on, e.kind as met_kind, d.status = any (d.not_owed_in) as not_owed
		from dated d
		left join event e on e.letter_no = d.letter_no and e.place > d.place and e.kind = any (d.met_by)
		order by d.letter_no, d.rule, d.since, e.place
	)
	select c.letter_no, c.rule, c.since, c.rule_set, c.office_code,
	       case when c.assignable then coalesce(c.unit_in_charge, c.responsible_unit) else c.responsible_unit end,
	       case when c.met_event is not null then 'met' when c.not_owed then 'not_owed' else 'open' end,
	       c.start_on, coalesce(c.due_on, ((t.late_at - interval '1 microsecond') at time zone c.time_zone)::date),
	       t.late_at, v.overdue_at, coalesce(c.provisional, false),
	       case when v.overdue_at > t.late_at and g.overdue_no is not null then g.overdue_no
	            else coalesce(1 + width_bucket(-case when c.unit = 'second' then c.amount else c.slack end, g.offsets), 1) end,
	       coalesce(c.met_event, case when c.not_owed then c.status_event end),
	       coalesce(c.met_on, case when c.not_owed then c.status_on end),
	       coalesce(c.met_kind, case when c.not_owed then c.status end),
	       ((v.overdue_at - interval '1 microsecond') at time zone c.time_zone)::date
	from closed c
	left join letterwatch.stage_plan g on g.rule_set = c.rule_set and g.rule = c.rule
	cross join lateral (
		select case when c.unit = 'second' then c.start_at + make_interval(secs => c.amount)
		            else (c.due_on + c.end_of_day) at time zone c.time_zone end
		offset 0
	) t (late_at)
	cross join lateral (
		select greatest(t.late_at, case when c.recorded_at >= t.late_at then c.recorded_at end)
		offset 0
	) v (overdue_at)
$$;
comment on function letterwatch.derive_deadlines(text[]) is 'What the deadlines should be.';
