-- verify() → (what, letter_no): derives everything again from the inputs and returns what differs from what is stored: state or
-- deadline; stage: its next moment; told: what counts as told is not what its alerts say; calendar, stages, office, period: what is
-- made of settings (no letter_no); queued: planning failed; parked: its alert could not be raised; impossible: an event that could
-- not be in its status; settings change: not worked off yet (no letter_no); conflict: another site has sent something else under a
-- number that is taken here. What is closed is judged by the rule, lists and settings that were in force when the closing event was
-- recorded. Empty in a healthy database at rest.
-- Callers: administrators, tests.
create or replace function letterwatch.verify() returns table (what text, letter_no text)
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set jit = off
set plan_cache_mode = force_custom_plan
as $$
declare
	letters text[] := array(select l.letter_no::text from letterwatch.letter l);
begin
	return query
	with derived as materialized (
		select * from letterwatch.derive(letters)
	)
	select 'state', coalesce(d.letter_no, s.letter_no)
	from (select distinct on (x.letter_no) x.* from derived x) d
	full join letterwatch.letter_state s on s.letter_no = d.letter_no
	where (d.letter_office, d.letter_rule_set, d.status, d.status_on, d.status_event, d.last_event, d.impossible, d.letter_unit, d.handler,
	       d.received_on, d.suspended_on, d.muted_until_on, d.duplicate_of, d.former_offices) is distinct from
	      (s.office_code, s.rule_set, s.status, s.status_on, s.status_event, s.last_event, s.impossible, s.unit, s.handler,
	       s.received_on, s.suspended_on, s.muted_until, s.duplicate_of, s.former_offices)
	union all
	select 'deadline ' || coalesce(w.rule, d.rule), coalesce(w.letter_no, d.letter_no)
	from (select * from derived x where x.rule is not null) w
	full join letterwatch.deadline d on d.letter_no = w.letter_no and d.rule = w.rule and d.since = w.since
	where (w.rule_set, w.office_code, w.unit, w.state, w.start_on, w.due_on, w.late_at, w.overdue_at, w.provisional,
	       w.first_stage, w.closed_event, w.closed_on, w.rule_from, w.begun_at, w.pauses, w.extended_to, w.muted_until, w.baseline,
	       w.verdict)
	      is distinct from
	      (d.rule_set, d.office_code, d.unit, d.state, d.start_on, d.due_on, d.late_at, d.overdue_at, d.provisional,
	       d.first_stage, d.closed_event, d.closed_on, d.rule_from, d.begun_at, d.pauses, d.extended_to, d.muted_until, d.baseline,
	       d.verdict)
	union all
	select 'stage ' || d.rule, d.letter_no
	from letterwatch.deadline d
	join letterwatch.office_setting o on o.office_code = d.office_code
	left join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
	left join lateral letterwatch.next_stage(
		o.calendar, o.time_zone, o.day_begins, ((d.overdue_at - interval '1 microsecond') at time zone o.time_zone)::date,
		d.overdue_at, g.measure, g.offsets, g.every, g.loud, d.muted_until,
		greatest(d.first_stage - 1, letterwatch.stage_number(g.offsets, g.every, d.stage_done))) t on true
	where d.next_event_at is distinct from case when d.state = 'open' and not (d.baseline and d.overdue_at > d.late_at) then t.at end
	  and not exists (select from letterwatch.parked p where p.letter_no = d.letter_no and p.rule = d.rule and p.since = d.since)
	union all
	select 'told ' || d.rule, d.letter_no
	from letterwatch.deadline d
	left join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
	left join (select x.letter_no, x.rule, x.since, max(x.stage_offset) as upto, bool_or(x.stage_offset is null) as in_part
	           from letterwatch.alert x
	           group by x.letter_no, x.rule, x.since) a on a.letter_no = d.letter_no and a.rule = d.rule and a.since = d.since
	where g.measure is distinct from 'second'
	  and (coalesce(d.stage_done, '-infinity') > coalesce(d.reached, '-infinity')
	       or coalesce(d.reached, '-infinity') < coalesce(a.upto, '-infinity')
	       or d.reached is distinct from a.upto and a.in_part is not true)
	union all
	select format('stages %s / %s', coalesce(w.rule_set, g.rule_set), coalesce(w.rule, g.rule)), null
	from letterwatch.derive_stages() w
	full join letterwatch.stage_plan g on g.rule_set = w.rule_set and g.rule = w.rule
	where (w.measure, w.offsets, w.last_no, w.every, w.overdue_no, w.stages, w.units, w.levels_up, w.severities, w.loud) is distinct from
	      (g.measure, g.offsets, g.last_no, g.every, g.overdue_no, g.stages, g.units, g.levels_up, g.severities, g.loud)
	union all
	select 'office ' || coalesce(w.office_code, o.office_code), null
	from letterwatch.derive_offices() w
	full join letterwatch.office_setting o on o.office_code = w.office_code
	where (w.path, w.level, w.time_zone, w.calendar, w.rule_set, w.day_begins, w.site, w.sites) is distinct from
	      (o.path, o.level, o.time_zone, o.calendar, o.rule_set, o.day_begins, o.site, o.sites)
	union all
	select 'calendar ' || coalesce(w.calendar, d.calendar), null
	from letterwatch.derive_calendar(array(select c.calendar::text from letterwatch.calendar c), null) w
	full join (select c.* from letterwatch.calendar_date c where position('@' in c.calendar) = 0) d
		on d.calendar = w.calendar and d.day = w.day
	where (w.workday, w.workdays, w.next_workday, w.settled, w.unsettled) is distinct from
	      (d.workday, d.workdays, d.next_workday, d.settled, d.unsettled)
	group by coalesce(w.calendar, d.calendar)
	union all
	select format('period %s / %s %s', coalesce(w.rule_set, p.rule_set), coalesce(w.rule, p.rule), coalesce(w.received_on, p.received_on)),
	       null
	from (
		select k.*, r.rule, r.valid_from as rule_from, r.responsible_unit as unit, e.due_on, e.late_at, e.provisional, f.first_stage,
		       t.at as next_event_at, row_number() over (of_day order by r.rule) as nth, min(e.late_at) over of_day as first_late_at
		from (select distinct x.rule_set, x.calendar, x.time_zone, x.day_begins, x.received_on from letterwatch.period x) k
		join letterwatch.rule r
			on r.rule_set = k.rule_set and r.begins = 'receipt' and k.received_on between r.valid_from and r.valid_to
		cross join lateral letterwatch.deadline_end(k.calendar, k.time_zone, k.received_on, null, r.count_from, r.amount, r.unit,
		                                            r.month_end, r.roll, r.end_of_day, null, null) e
		left join letterwatch.stage_plan g on g.rule_set = r.rule_set and g.rule = r.rule
		cross join lateral letterwatch.first_stage(g.offsets, g.overdue_no, e.late_at, e.late_at, e.slack) f (first_stage)
		left join lateral letterwatch.stage_time(
			k.calendar, k.time_zone, k.day_begins, ((e.late_at - interval '1 microsecond') at time zone k.time_zone)::date, e.late_at,
			g.measure, g.offsets, g.every, f.first_stage) t on true
		window of_day as (partition by k.rule_set, k.calendar, k.time_zone, k.day_begins, k.received_on)
	) w
	full join letterwatch.period p
		on p.rule_set = w.rule_set and p.calendar = w.calendar and p.time_zone = w.time_zone and p.day_begins = w.day_begins
		and p.received_on = w.received_on and p.nth = w.nth
	where (w.rule, w.rule_from, w.unit, w.due_on, w.late_at, w.provisional, w.first_stage, w.next_event_at, w.first_late_at)
	      is distinct from
	      (p.rule, p.rule_from, p.unit, p.due_on, p.late_at, p.provisional, p.first_stage, p.next_event_at, p.first_late_at)
	union all
	select 'settings change ' || c.change_id, null
	from letterwatch.settings_change c
	where c.redated_at is null
	union all
	select 'impossible ' || e.kind, e.letter_no
	from letterwatch.event_sequence(letters) e
	where not e.possible
	union all
	select 'queued', q.letter_no::text
	from letterwatch.replan_queue q
	union all
	select 'parked ' || p.rule, p.letter_no
	from letterwatch.parked p
	union all
	select 'conflict ' || c.table_name, c.letter_no
	from letterwatch.replica_conflict c;
end
$$;
comment on function letterwatch.verify() is 'What differs from what the inputs say; empty in a healthy database.';
