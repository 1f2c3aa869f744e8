-- date_deadlines(tids, job): dates open deadlines, given by the ctid of their locked rows, by the present calendar and rule,
-- from what their rows hold: no event is read. Each changed date stands in deadline_change with the change of settings that
-- made it (job) and its author. A changed date is told as in replan.
-- Many deadlines are alike: of one start, rule and calendar, last day and stage. What becomes of them is computed once, for the
-- first of them, whose ctid the others carry. Begun when its period had ended already (begun_late) each is alike only with others
-- of the moment. One that comes to be so, or no longer is, one whose period has no end now, and one that begins where another ends
-- (begins progress) leaves its letter to replan_queue.
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
		select d.ctid as tid, d.letter_no, d.rule_set, d.rule, d.rule_from, d.since, d.start_on, d.pauses, d.extended_to, d.begun_at,
		       d.due_on, d.reached, d.stage_done, d.muted_until, o.calendar, o.time_zone, o.day_begins, b.begun_late,
		       first_value(d.ctid) over (partition by d.start_on, d.rule, d.rule_set, d.rule_from, d.due_on, o.calendar, o.time_zone,
		                                              o.day_begins, b.begun_late, d.reached, d.stage_done, d.pauses, d.extended_to,
		                                              d.muted_until) as like_tid
		from generate_subscripts(tids, 1) i
		join letterwatch.deadline d on d.ctid = tids[i] and d.state = 'open'
		cross join lateral (select x.* from letterwatch.office_setting x where x.office_code = d.office_code offset 0) o
		cross join lateral (select case when d.overdue_at > d.late_at then d.begun_at end offset 0) b (begun_late)
	), dated as materialized (
		select h.tid, p.due_on, p.late_at, m.overdue_at, p.provisional, m.moved, f.first_stage, r.begins = 'progress' as follows, t.*
		from (select x.*, x.tid = x.like_tid as is_first from held x offset 0) h
		cross join lateral (
			select x.*
			from letterwatch.rule x
			where x.rule_set = h.rule_set and x.rule = h.rule and x.valid_from = h.rule_from and x.unit <> 'second'
			offset 0
		) r
		left join lateral (
			select e.*, letterwatch.day_end(e.due_on, r.end_of_day, h.time_zone) as late_at
			from letterwatch.period_end(h.calendar, h.start_on, r.count_from, r.amount, r.unit, r.month_end, r.roll,
			                            h.pauses, h.extended_to) e
		) p on true
		cross join lateral (select greatest(p.late_at, h.begun_late), h.due_on is distinct from p.due_on offset 0) m (overdue_at, moved)
		left join letterwatch.stage_plan g on g.rule_set = h.rule_set and g.rule = h.rule
		cross join lateral letterwatch.first_stage(g.offsets, g.overdue_no, p.late_at, m.overdue_at, p.slack) f (first_stage)
		left join lateral letterwatch.stages_ahead(h.calendar, h.time_zone, h.day_begins, h.rule_set, h.rule, m.overdue_at,
		                                           f.first_stage, h.muted_until, h.reached, h.stage_done, m.moved, moment) t on true
		where h.is_first
	), one as not materialized (
		select h.tid, h.letter_no, h.rule, h.since, h.due_on as old_due, n.due_on, n.late_at, n.overdue_at, n.provisional, n.moved,
		       n.first_stage, n.stage_done, n.next_event_at,
		       n.due_on is not null and not n.follows and coalesce(h.begun_at > n.late_at, false) = (h.begun_late is not null) as is_dated
		from held h
		join dated n on n.tid = h.like_tid
	), changed as (
		update letterwatch.deadline d
		set due_on = n.due_on, late_at = n.late_at, overdue_at = n.overdue_at, provisional = n.provisional,
		    first_stage = n.first_stage, stage_done = n.stage_done,
		    next_event_at = case when not (d.baseline and n.overdue_at > n.late_at) then n.next_event_at end,
		    dated_at = case when n.moved then moment else d.dated_at end, changed_at = moment
		from one n
		where d.ctid = n.tid and n.is_dated
		  and (d.due_on, d.late_at, d.overdue_at, d.provisional, d.first_stage, d.stage_done, d.next_event_at) is distinct from
		      (n.due_on, n.late_at, n.overdue_at, n.provisional, n.first_stage, n.stage_done,
		       case when not (d.baseline and n.overdue_at > n.late_at) then n.next_event_at end)
	), recorded as (
		insert into letterwatch.deadline_change (letter_no, rule, since, old_due, new_due, why, changed_by, session_role)
		select n.letter_no, n.rule, n.since, n.old_due, n.due_on, job.job, job.changed_by, job.session_role
		from one n
		where n.is_dated and n.moved
	), left_over as (
		insert into letterwatch.replan_queue (letter_no, why, changed_by, session_role)
		select distinct n.letter_no, job.job, job.changed_by, job.session_role
		from one n
		where not n.is_dated
		order by n.letter_no
		on conflict (letter_no) do nothing
	)
	select bool_or(n.next_event_at <= moment + interval '2 minutes') into wake
	from dated n;
	if wake then
		notify letterwatch_due;
	end if;
end
$$;
comment on function letterwatch.date_deadlines(tid[], letterwatch.settings_change) is 'Dates open deadlines by the present settings.';
