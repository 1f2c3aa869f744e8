-- plan_new_letters(letters): replan of letters about which nothing but their receipt is known: the bulk of all work, and all of a
-- load. What derive makes of such a letter needs no event: letters of the same day, rules, calendar and office hours have the same
-- deadlines (period). Those for which these are not kept, and those that may be late already, are left to plan_first_letters. Wakes
-- the daemons as replan does. verify() holds it against derive.
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
	first_letters text[];
	sited boolean;
begin
	perform letterwatch.plan_for(cardinality(letters), '{letterwatch.letter}');

	with new_letter as materialized (
		select l.letter_no, l.office_code, l.rule_set, l.received_on, l.registered_at, l.baseline,
		       p.nth, p.rule, p.rule_from, p.unit, p.due_on, p.late_at, p.provisional, p.first_stage, p.next_event_at
		from (
			select x.letter_no, x.office_code, coalesce(x.rule_set, o.rule_set) as rule_set, x.received_on, x.registered_at,
			       x.baseline, o.calendar, o.time_zone, o.day_begins
			from letterwatch.letter x
			join letterwatch.office_setting o on o.office_code = x.office_code
			where x.letter_no = any (letters)
			offset 0 -- or period would be looked up by what one of the two says
		) l
		left join letterwatch.period p
			on p.rule_set = l.rule_set and p.calendar = l.calendar and p.time_zone = l.time_zone collate "C"
			and p.day_begins = l.day_begins and p.received_on = l.received_on and p.first_late_at > l.registered_at
	), state as (
		insert into letterwatch.letter_state
			(letter_no, office_code, rule_set, status, status_on, status_event, last_event, impossible, received_on)
		select n.letter_no, n.office_code, n.rule_set, 'registered', n.received_on, 0, 0, 0, n.received_on
		from new_letter n
		where coalesce(n.nth, 1) = 1
	), added as (
		insert into letterwatch.deadline
			(letter_no, rule, since, rule_set, office_code, unit, state, start_on, due_on, late_at, overdue_at, provisional,
			 first_stage, rule_from, begun_at, baseline, changed_at, dated_at, next_event_at)
		select n.letter_no, n.rule, 0, n.rule_set, n.office_code, n.unit, 'open', n.received_on, n.due_on, n.late_at, n.late_at,
		       n.provisional, n.first_stage, n.rule_from, n.registered_at, n.baseline, moment, moment, n.next_event_at
		from new_letter n
		where n.nth is not null
	)
	select bool_or(n.next_event_at <= moment + interval '2 minutes'), array_agg(n.letter_no) filter (where n.nth is null),
	       (select q.site is not null from letterwatch.planning q)
	into wake, first_letters, sited
	from new_letter n;

	if first_letters is not null then
		perform letterwatch.plan_first_letters(first_letters);
	end if;
	if sited then
		perform letterwatch.hand_down(letters);
	end if;
	if wake then
		notify letterwatch_due;
	end if;
end
$$;
comment on function letterwatch.plan_new_letters(text[]) is 'Plans letters about which nothing but their receipt is known.';
