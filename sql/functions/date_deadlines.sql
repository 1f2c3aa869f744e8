-- date_deadlines(tids, job): dates open deadlines, given by the ctid of their locked rows, by the present calendar and rule,
-- from what their rows hold: no event is read. Each changed date stands in deadline_change with the change of settings that
-- made it (job) and its author. A changed date is told as in replan. One whose period has no end now leaves its letter to
-- replan_queue.
-- Callers: redate_deadlines, replan.
create or replace function letterwatch.date_deadlines(tids tid[], job letterwatch.settings_change) returns void
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	moment timestamptz := letterwatch.clock();
	wake boolean;
begin
	with dated as materialized (
		select d.ctid as tid, d.letter_no, d.rule, d.since, d.due_on as old_due, d.overdue_at as old_overdue_at, d.reached,
		       p.due_on, t.late_at, v.overdue_at, p.provisional, f.first_stage,
		       case when (d.due_on, d.overdue_at) is distinct from (p.due_on, v.overdue_at)
		            then greatest(f.first_stage - 1, least(d.reached, coalesce(s.stage_no, 0)))
		            else greatest(f.first_stage - 1, d.stage_done) end as stage_done,
		       o.calendar, o.time_zone, o.day_begins, b.base_on, g.measure, g.offsets, g.every, g.loud, d.muted_until
		from letterwatch.deadline d
		join letterwatch.office_setting o on o.office_code = d.office_code
		join letterwatch.rule r on r.rule_set = d.rule_set and r.rule = d.rule and r.valid_from = d.rule_from
		left join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
		left join lateral letterwatch.period_end(o.calendar, d.start_on, r.count_from, r.amount, r.unit, r.month_end, r.roll,
		                                         d.pauses, d.extended_to) p on true
		cross join lateral (select (p.due_on + r.end_of_day) at time zone o.time_zone offset 0) t (late_at)
		cross join lateral (
			select greatest(t.late_at, case when d.begun_at >= t.late_at then d.begun_at end) offset 0
		) v (overdue_at)
		cross join lateral (
			select ((v.overdue_at - interval '1 microsecond') at time zone o.time_zone)::date offset 0
		) b (base_on)
		cross join lateral (
			select case when v.overdue_at > t.late_at and g.overdue_no is not null then g.overdue_no
			            else coalesce(1 + width_bucket(-p.slack, g.offsets), 1) end
			offset 0
		) f (first_stage)
		left join lateral letterwatch.stage_reached(o.calendar, o.time_zone, o.day_begins, b.base_on, v.overdue_at, g.measure,
		                                            g.offsets, g.every,
		                                            case when (d.due_on, d.overdue_at) is distinct from (p.due_on, v.overdue_at)
		                                                 then moment end) s on true
		where d.ctid = any (tids) and d.state = 'open' and r.unit <> 'second'
	), restaged as materialized (
		select n.*, t.at as next_event_at
		from dated n
		left join lateral letterwatch.next_stage(n.calendar, n.time_zone, n.day_begins, n.base_on, n.overdue_at, n.measure,
		                                         n.offsets, n.every, n.loud, n.muted_until, n.stage_done) t on true
		where n.due_on is not null
	), changed as (
		update letterwatch.deadline d
		set due_on = n.due_on, late_at = n.late_at, overdue_at = n.overdue_at, provisional = n.provisional,
		    first_stage = n.first_stage, stage_done = n.stage_done, next_event_at = n.next_event_at,
		    dated_at = case when (n.old_due, n.old_overdue_at) is distinct from (n.due_on, n.overdue_at) then moment
		                    else d.dated_at end,
		    changed_at = moment
		from restaged n
		where d.ctid = n.tid
		  and (d.due_on, d.late_at, d.overdue_at, d.provisional, d.first_stage, d.stage_done, d.next_event_at) is distinct from
		      (n.due_on, n.late_at, n.overdue_at, n.provisional, n.first_stage, n.stage_done, n.next_event_at)
		returning d.next_event_at
	), recorded as (
		insert into letterwatch.deadline_change (letter_no, rule, since, old_due, new_due, why, changed_by, session_role)
		select n.letter_no, n.rule, n.since, n.old_due, n.due_on, job.job, job.changed_by, job.session_role
		from restaged n
		where n.old_due <> n.due_on
	), lost as (
		insert into letterwatch.replan_queue (letter_no, why, changed_by, session_role)
		select distinct n.letter_no, job.job, job.changed_by, job.session_role
		from dated n
		where n.due_on is null
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
