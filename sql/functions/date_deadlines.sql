-- date_deadlines(tids, job): dates open deadlines, given by the ctid of their locked rows, by the present calendar and rule,
-- from what their rows hold: no event is read. Each changed date stands in deadline_change with the change of settings that
-- made it (job) and its author. A changed date is told as in replan. One whose period has no end now leaves its letter to
-- replan_queue.
-- Many deadlines have the same period (same start, rule and calendar), and many of these the same next stage: each period and
-- each next stage is computed once, for the first of them, whose ctid the others carry.
-- Callers: redate_deadlines, replan.
create or replace function letterwatch.date_deadlines(tids tid[], job letterwatch.settings_change) returns void
language plpgsql volatile
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = on
as $$
declare
	moment timestamptz := letterwatch.clock();
	wake boolean;
begin
	with held as materialized (
		select d.ctid as tid, d.letter_no, d.rule_set, d.rule, d.rule_from, d.since, d.start_on, d.pauses, d.extended_to,
		       d.begun_at, d.due_on, d.reached, d.stage_done, d.muted_until, o.calendar, o.time_zone, o.day_begins,
		       first_value(d.ctid) over (partition by d.start_on, d.rule, d.rule_set, d.rule_from, o.calendar, o.time_zone, d.pauses,
		                                              d.extended_to) as period_tid
		from generate_subscripts(tids, 1) i
		join letterwatch.deadline d on d.ctid = tids[i] and d.state = 'open'
		cross join lateral (select x.* from letterwatch.office_setting x where x.office_code = d.office_code offset 0) o
	), period as materialized (
		select h.tid, p.due_on, p.slack, p.provisional, (p.due_on + r.end_of_day) at time zone h.time_zone as late_at
		from (select x.*, x.tid = x.period_tid as is_first from held x offset 0) h
		cross join lateral (
			select x.*
			from letterwatch.rule x
			where x.rule_set = h.rule_set and x.rule = h.rule and x.valid_from = h.rule_from and x.unit <> 'second'
			offset 0
		) r
		left join lateral letterwatch.period_end(h.calendar, h.start_on, r.count_from, r.amount, r.unit, r.month_end, r.roll,
		                                         h.pauses, h.extended_to) p on true
		where h.is_first
	), dated as materialized (
		select h.tid, h.letter_no, h.rule_set, h.rule, h.since, h.due_on as old_due, h.reached, h.stage_done, h.muted_until,
		       h.calendar, h.time_zone, h.day_begins, p.due_on, p.late_at, v.overdue_at, p.slack, p.provisional, v.moved,
		       first_value(h.tid) over (partition by p.tid, v.overdue_at, v.moved, h.reached, h.stage_done, h.day_begins,
		                                             h.muted_until) as next_tid
		from held h
		join period p on p.tid = h.period_tid
		cross join lateral (
			select greatest(p.late_at, case when h.begun_at >= p.late_at then h.begun_at end) offset 0
		) u (overdue_at)
		cross join lateral (
			select u.overdue_at, h.due_on is distinct from p.due_on offset 0
		) v (overdue_at, moved)
	), next as materialized (
		select n.tid, f.first_stage, t.*
		from (select x.*, x.tid = x.next_tid and x.due_on is not null as is_first from dated x offset 0) n
		left join letterwatch.stage_plan g on g.rule_set = n.rule_set and g.rule = n.rule
		cross join lateral letterwatch.first_stage(g.offsets, g.overdue_no, n.late_at, n.overdue_at, n.slack) f (first_stage)
		left join lateral letterwatch.stages_ahead(n.calendar, n.time_zone, n.day_begins, n.rule_set, n.rule, n.overdue_at,
		                                           f.first_stage, n.muted_until, n.reached, n.stage_done, n.moved, moment) t on true
		where n.is_first
	), changed as (
		update letterwatch.deadline d
		set due_on = n.due_on, late_at = n.late_at, overdue_at = n.overdue_at, provisional = n.provisional,
		    first_stage = x.first_stage, stage_done = x.stage_done,
		    next_event_at = case when not (d.baseline and n.overdue_at > n.late_at) then x.next_event_at end,
		    dated_at = case when n.moved then moment else d.dated_at end, changed_at = moment
		from dated n
		join next x on x.tid = n.next_tid
		where d.ctid = n.tid
		  and (d.due_on, d.late_at, d.overdue_at, d.provisional, d.first_stage, d.stage_done, d.next_event_at) is distinct from
		      (n.due_on, n.late_at, n.overdue_at, n.provisional, x.first_stage, x.stage_done,
		       case when not (d.baseline and n.overdue_at > n.late_at) then x.next_event_at end)
		returning d.next_event_at
	), recorded as (
		insert into letterwatch.deadline_change (letter_no, rule, since, old_due, new_due, why, changed_by, session_role)
		select n.letter_no, n.rule, n.since, n.old_due, n.due_on, job.job, job.changed_by, job.session_role
		from dated n
		where n.old_due <> n.due_on
	), lost as (
		insert into letterwatch.replan_queue (letter_no, why, changed_by, session_role)
		select distinct n.letter_no, job.job, job.changed_by, job.session_role
		from dated n
		where n.due_on is null
		order by n.letter_no
		on conflict (letter_no) do nothing
	)
	select bool_or(c.next_event_at <= moment + interval '2 minutes') into wake
	from changed c;
	if wake then
		notify letterwatch_due;
	end if;
end
$$;
comment on function letterwatch.date_deadlines(tid[], letterwatch.settings_change) is 'Dates open deadlines by the present settings.';
