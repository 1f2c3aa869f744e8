-- plan_new_letters(letters): replan of letters about which nothing but their receipt is known: the bulk of all work, and all of a
-- load. What derive makes of such a letter needs no event, so it is computed for the set: many letters have the same period
-- (same day, rule and calendar), and many of these the same first stage, and each is computed once. Wakes the daemons as replan
-- does. verify() holds it against derive.
-- The caller holds planning in ROW SHARE.
-- Callers: plan_letters.
create or replace function letterwatch.plan_new_letters(letters text[]) returns void
language plpgsql volatile
set jit = off
set plan_cache_mode = auto
set enable_seqscan = on
set enable_mergejoin = on
set enable_hashjoin = on
as $$
declare
	moment timestamptz := letterwatch.clock();
	wake boolean;
begin
	perform letterwatch.plan_for(cardinality(letters));

	with new_letter as materialized (
		select l.letter_no, l.office_code, coalesce(l.rule_set, o.rule_set) as rule_set, l.received_on, l.registered_at, l.baseline,
		       coalesce(l.received_at, l.received_on::timestamp at time zone o.time_zone) as received_at,
		       o.calendar, o.time_zone, o.day_begins
		from letterwatch.letter l
		join letterwatch.office_setting o on o.office_code = l.office_code
		where l.letter_no = any (letters)
	), state as (
		insert into letterwatch.letter_state
			(letter_no, office_code, rule_set, status, status_on, status_event, last_event, impossible, received_on)
		select n.letter_no, n.office_code, n.rule_set, 'registered', n.received_on, 0, 0, 0, n.received_on
		from new_letter n
	), owed as materialized (
		select n.*, r.rule, r.valid_from, r.responsible_unit, r.unit, r.amount, r.count_from, r.month_end, r.roll, r.end_of_day,
		       first_value(n.letter_no) over (
		       	partition by n.received_on, n.rule_set, r.rule, n.calendar, n.time_zone, case r.unit when 'second' then n.received_at end
		       ) as period_letter
		from new_letter n
		join letterwatch.rule r
			on r.rule_set = n.rule_set and n.received_on between r.valid_from and r.valid_to and r.begins = 'receipt'
	), period as materialized (
		select n.letter_no, n.rule, coalesce(p.due_on, s.due_on) as due_on, coalesce(p.slack, n.amount) as slack,
		       coalesce(p.provisional, false) as provisional,
		       coalesce((p.due_on + n.end_of_day) at time zone n.time_zone, s.late_at) as late_at
		from owed n
		left join lateral letterwatch.period_end(n.calendar, n.received_on, n.count_from, n.amount, n.unit, n.month_end, n.roll,
		                                         null, null) p on true
		left join lateral (
			select ((x.at - interval '1 microsecond') at time zone n.time_zone)::date, x.at
			from (values (n.received_at + make_interval(secs => n.amount))) x (at)
			where n.unit = 'second'
		) s (due_on, late_at) on true
		where n.letter_no = n.period_letter
	), dated as materialized (
		select n.*, p.due_on, p.late_at, p.slack, p.provisional,
		       greatest(p.late_at, case when n.registered_at >= p.late_at then n.registered_at end) as overdue_at,
		       first_value(n.letter_no) over (
		       	partition by n.period_letter, n.rule, n.day_begins, case when n.registered_at >= p.late_at then n.registered_at end
		       ) as next_letter
		from owed n
		join period p on p.letter_no = n.period_letter and p.rule = n.rule
	), next as materialized (
		select n.letter_no, n.rule, f.first_stage, t.*
		from dated n
		left join letterwatch.stage_plan g on g.rule_set = n.rule_set and g.rule = n.rule
		cross join lateral letterwatch.first_stage(g.offsets, g.overdue_no, n.late_at, n.overdue_at, n.slack) f (first_stage)
		left join lateral letterwatch.stages_ahead(n.calendar, n.time_zone, n.day_begins, n.rule_set, n.rule, n.overdue_at,
		                                           f.first_stage, null, 0, 0, null) t on true
		where n.letter_no = n.next_letter
	), added as (
		insert into letterwatch.deadline
			(letter_no, rule, since, rule_set, office_code, unit, state, start_on, due_on, late_at, overdue_at, provisional,
			 first_stage, rule_from, begun_at, baseline, changed_at, dated_at, stage_done, reached, next_event_at)
		select n.letter_no, n.rule, 0, n.rule_set, n.office_code, n.responsible_unit, 'open', n.received_on, n.due_on, n.late_at,
		       n.overdue_at, n.provisional, x.first_stage, n.valid_from, n.registered_at, n.baseline, moment, moment,
		       x.stage_done, 0,
		       case when not (n.baseline and n.overdue_at > n.late_at) then x.next_event_at end
		from dated n
		join next x on x.letter_no = n.next_letter and x.rule = n.rule
		returning next_event_at
	)
	select bool_or(a.next_event_at <= moment + interval '2 minutes') into wake
	from added a;
	if wake then
		notify letterwatch_due;
	end if;
end
$$;
comment on function letterwatch.plan_new_letters(text[]) is 'Plans letters about which nothing but their receipt is known.';
