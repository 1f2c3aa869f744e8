-- plan_first_letters(letters): writes the deadlines of new letters for which there is no period, and keeps the periods that it comes
-- by. Letters of the same day, rules, calendar and office hours have the same deadlines, which are computed for one of them
-- (like_letter). Those registered when a period may have ended may be overdue from that moment on (known_late): they are alike only
-- with others of the moment. Where a rule counts seconds, only those are that were received (second_at) and registered at the same
-- moments. Wakes the daemons as replan does.
-- Two that keep the same period would wait for each other until their transactions end: one at a time keeps any. (Nor does one that
-- sees less than what is committed, whom the period of another would refuse.)
-- Callers: plan_new_letters, which chooses how it is planned.
create or replace function letterwatch.plan_first_letters(letters text[]) returns void
language plpgsql volatile
as $$
declare
	moment timestamptz := letterwatch.clock();
	wake boolean;
begin
	with new_letter as materialized (
		select n.*, first_value(n.letter_no) over (
			partition by n.received_on, n.rule_set, n.calendar, n.time_zone, n.day_begins, n.known_late, n.second_at, n.baseline
		) as like_letter
		from (
			select l.letter_no, l.office_code, coalesce(l.rule_set, o.rule_set) as rule_set, l.received_on, l.registered_at, l.baseline,
			       o.calendar, o.time_zone, o.day_begins,
			       case when s.counts_seconds or l.registered_at >= (l.received_on + s.first_end) at time zone o.time_zone
			            then l.registered_at end as known_late,
			       case when s.counts_seconds
			            then coalesce(l.received_at, l.received_on::timestamp at time zone o.time_zone) end as second_at
			from letterwatch.letter l
			join letterwatch.office_setting o on o.office_code = l.office_code
			left join (
				select r.rule_set, bool_or(r.unit = 'second') as counts_seconds, min(r.end_of_day) as first_end
				from letterwatch.rule r
				group by r.rule_set
			) s on s.rule_set = coalesce(l.rule_set, o.rule_set)
			where l.letter_no = any (letters)
		) n
	), plan as materialized (
		select n.letter_no, n.rule_set, n.calendar, n.time_zone, n.day_begins, n.received_on, r.rule, r.valid_from, r.responsible_unit,
		       p.due_on, p.late_at, p.provisional, u.overdue_at, f.first_stage,
		       case when not (n.baseline and u.overdue_at > p.late_at) then t.at end as next_event_at,
		       row_number() over (of_letter order by r.rule) as nth, min(p.late_at) over of_letter as first_late_at,
		       n.second_at is null and bool_and(u.overdue_at = p.late_at) over of_letter as is_kept
		from new_letter n
		cross join lateral (
			select x.*
			from letterwatch.rule x
			where x.rule_set = n.rule_set and n.received_on between x.valid_from and x.valid_to and x.begins = 'receipt'
			offset 0
		) r
		cross join lateral letterwatch.deadline_end(n.calendar, n.time_zone, n.received_on, n.second_at, r.count_from, r.amount, r.unit,
		                                            r.month_end, r.roll, r.end_of_day, null, null) p
		cross join lateral (
			select greatest(p.late_at, case when n.known_late >= p.late_at then n.known_late end) offset 0
		) u (overdue_at)
		cross join lateral (select ((u.overdue_at - interval '1 microsecond') at time zone n.time_zone)::date offset 0) b (base_on)
		left join letterwatch.stage_plan g on g.rule_set = n.rule_set and g.rule = r.rule
		cross join lateral letterwatch.first_stage(g.offsets, g.overdue_no, p.late_at, u.overdue_at, p.slack) f (first_stage)
		left join lateral letterwatch.stage_time(n.calendar, n.time_zone, n.day_begins, b.base_on, u.overdue_at, g.measure, g.offsets,
		                                         g.every, f.first_stage) t on true
		where n.letter_no = n.like_letter
		window of_letter as (partition by n.letter_no)
	), kept as (
		insert into letterwatch.period
			(rule_set, calendar, time_zone, day_begins, received_on, nth, rule, rule_from, unit, due_on, late_at, provisional,
			 first_stage, next_event_at, first_late_at)
		select p.rule_set, p.calendar, p.time_zone, p.day_begins, p.received_on, p.nth, p.rule, p.valid_from, p.responsible_unit,
		       p.due_on, p.late_at, p.provisional, p.first_stage, p.next_event_at, p.first_late_at
		from plan p
		where p.is_kept
		  and (select current_setting('transaction_isolation') = 'read committed'
		              and pg_try_advisory_xact_lock(hashtext('letterwatch period')))
		on conflict do nothing
	), added as (
		insert into letterwatch.deadline
			(letter_no, rule, since, rule_set, office_code, unit, state, start_on, due_on, late_at, overdue_at, provisional,
			 first_stage, rule_from, begun_at, baseline, changed_at, dated_at, next_event_at)
		select n.letter_no, p.rule, 0, n.rule_set, n.office_code, p.responsible_unit, 'open', n.received_on, p.due_on, p.late_at,
		       p.overdue_at, p.provisional, p.first_stage, p.valid_from, n.registered_at, n.baseline, moment, moment,
		       p.next_event_at
		from new_letter n
		join plan p on p.letter_no = n.like_letter
		returning next_event_at
	)
	select bool_or(a.next_event_at <= moment + interval '2 minutes') into wake
	from added a;
	if wake then
		notify letterwatch_due;
	end if;
end
$$;
comment on function letterwatch.plan_first_letters(text[]) is 'Writes the deadlines of new letters for which no period is kept.';
