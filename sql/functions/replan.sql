-- replan(letters, why, settings_changed): brings letter_state and deadline of some letters up to what their inputs say, records
-- each changed date in deadline_change, raises `cleared` for what had become overdue and is closed now, and wakes the daemons
-- when something is due within two minutes (they look by themselves once a minute).
-- letters: each at most once. why, changed_by, session_role: for deadline_change.
-- A changed date (the last day; of a period counted in seconds, its end) is told as stages_ahead says. A deadline that comes back is
-- as it was: what was told of it stands in alert. Rules that count seconds know nothing of what others told, nor the other way round.
-- What was past its end when it began in a first load (baseline) has no stages.
-- settings_changed: the times of stages may have moved without a changed date, so what is open is held against them too. The
-- caller holds planning in ROW SHARE and the rows of letter FOR NO KEY UPDATE: beside us only the claim changes a deadline, and
-- it skips those that are locked here first. While a change of settings is under way (redate_letters; none can begin while
-- planning is held), what the change makes of them is written by itself, in the name of who made it: first what it does to them as they
-- were before this statement (as_of), then the rest.
-- A deadline that is new stands in deadline_change if the settings began it, or it was there before.
-- OFFSET 0 in `stored`: row by row by its ctid also where the planner thinks that there are few deadlines, and to read them all
-- costs no more.
-- Callers: plan_letters, work_replan_queue, replan_or_queue.
create or replace function letterwatch.replan(letters text[], why text, settings_changed boolean default false,
                                              changed_by text default letterwatch.actor(),
                                              session_role text default session_user,
                                              as_of timestamptz default null) returns void
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
	job letterwatch.settings_change;
	closings letterwatch.closing[];
	tids tid[];
begin
	if cardinality(letters) = 0 then
		return;
	end if;
	perform letterwatch.plan_for(cardinality(letters), '{letterwatch.letter,letterwatch.letter_state,letterwatch.deadline}');

	tids := letterwatch.lock_deadlines(letters);

	select * into job
	from letterwatch.settings_change c
	where c.redated_at is null and c.applied_at is not null
	order by c.change_id
	limit 1;
	if found then
		perform letterwatch.date_deadlines(letterwatch.lock_deadlines(letters), job);
		select * into job
		from letterwatch.settings_change c
		where c.redated_at is null and c.applied_at is not null and cardinality(c.offices || c.rule_sets) > 0
		order by c.change_id
		limit 1;
		if found and as_of is null and not settings_changed then
			perform letterwatch.replan(letters, job.job, true, job.changed_by, job.session_role, moment - interval '1 microsecond');
		end if;
		tids := letterwatch.lock_deadlines(letters);
	end if;

	with derived as materialized (
		select * from letterwatch.derive(letters, as_of)
	), state as (
		insert into letterwatch.letter_state as t
			(letter_no, office_code, rule_set, status, status_on, status_event, last_event, impossible, unit, handler, received_on,
			 suspended_on, muted_until, duplicate_of, former_offices)
		select distinct on (w.letter_no)
		       w.letter_no, w.letter_office, w.letter_rule_set, w.status, w.status_on, w.status_event, w.last_event, w.impossible,
		       w.letter_unit, w.handler, w.received_on, w.suspended_on, w.muted_until_on, w.duplicate_of, w.former_offices
		from derived w
		on conflict (letter_no) do update
		set (office_code, rule_set, status, status_on, status_event, last_event, impossible, unit, handler, received_on,
		     suspended_on, muted_until, duplicate_of, former_offices) =
			(excluded.office_code, excluded.rule_set, excluded.status, excluded.status_on, excluded.status_event,
			 excluded.last_event, excluded.impossible, excluded.unit, excluded.handler, excluded.received_on,
			 excluded.suspended_on, excluded.muted_until, excluded.duplicate_of, excluded.former_offices)
		where t is distinct from excluded
	), wanted as (
		select *
		from derived w
		where w.rule is not null
	), stored as (
		select u.tid, d.*
		from unnest(tids) u (tid)
		cross join lateral (select x.* from letterwatch.deadline x where x.ctid = u.tid offset 0) d
	), difference as materialized (
		select coalesce(w.letter_no, s.letter_no) as letter_no, coalesce(w.rule, s.rule) as rule,
		       coalesce(w.since, s.since) as since,
		       s.tid, s.letter_no is null as is_new, w.letter_no is null as is_gone,
		       s.due_on as old_due, s.state as old_state, 
		       coalesce(s.reached >= g.offsets[g.overdue_no], s.reached is not null and s.overdue_at <= moment) as was_overdue,
		       w.rule_set, coalesce(w.office_code, s.office_code) as office_code, w.unit, coalesce(w.state, 'gone') as state,
		       w.start_on, w.due_on, w.late_at, w.overdue_at, w.provisional, w.first_stage, w.closed_event, w.closed_on, w.closed_kind,
		       w.rule_from, w.begun_at, w.pauses, w.extended_to, w.muted_until, w.baseline, w.verdict,
		       case when m.moved or w.state = 'open' then t.stage_done else u.stage_done end as stage_done, u.reached,
		       case when w.state = 'open' and not (w.baseline and w.overdue_at > w.late_at) then t.next_event_at end as next_event_at,
		       case when m.moved then moment else s.dated_at end as dated_at
		from wanted w
		full join stored s on s.letter_no = w.letter_no and s.rule = w.rule and s.since = w.since
		left join letterwatch.stage_plan g on g.rule_set = s.rule_set and g.rule = s.rule
		cross join lateral (
			select s.letter_no is null or s.due_on is distinct from w.due_on
			       or g.measure = 'second' and s.overdue_at is distinct from w.overdue_at offset 0
		) m (moved)
		cross join lateral (
			select case when s.rule_set = w.rule_set then true
			            when s.rule_set is not null
			            then letterwatch.counts_seconds(s.rule_set, s.rule) = letterwatch.counts_seconds(w.rule_set, w.rule)
			            else false end
			offset 0
		) k (counts_the_same)
		cross join lateral (
			select case when k.counts_the_same then s.reached
			            when not letterwatch.counts_seconds(w.rule_set, w.rule)
			            then (select max(a.stage_offset)
			                  from letterwatch.alert a
			                  where a.letter_no = w.letter_no and a.rule = w.rule and a.since = w.since) end,
			       case when k.counts_the_same then s.stage_done end
			offset 0
		) u (reached, stage_done)
		left join lateral (
			select x.*
			from letterwatch.stages_ahead(w.calendar, w.time_zone, w.day_begins, w.rule_set, w.rule, w.overdue_at,
			                              w.first_stage, w.muted_until, u.reached, u.stage_done, m.moved,
			                              case when m.moved or w.state = 'open' and
			                                        (settings_changed or (w.overdue_at, w.office_code, w.rule_set, w.state)
			                                         is distinct from (s.overdue_at, s.office_code, s.rule_set, s.state))
			                                   then moment end) x
			where m.moved or w.state = 'open' -- else it stands where it stood
		) t on true
		where w.letter_no is null or s.letter_no is null
		   or (w.rule_set, w.office_code, w.unit, w.state, w.start_on, w.due_on, w.late_at, w.overdue_at, w.provisional,
		       w.first_stage, w.closed_event, w.closed_on, w.rule_from, w.begun_at, w.pauses, w.extended_to, w.muted_until,
		       w.baseline, w.verdict)
		      is distinct from
		      (s.rule_set, s.office_code, s.unit, s.state, s.start_on, s.due_on, s.late_at, s.overdue_at, s.provisional,
		       s.first_stage, s.closed_event, s.closed_on, s.rule_from, s.begun_at, s.pauses, s.extended_to, s.muted_until,
		       s.baseline, s.verdict)
		   or settings_changed and w.state = 'open' and (s.stage_done, s.next_event_at) is distinct from
		      (t.stage_done, case when not (w.baseline and w.overdue_at > w.late_at) then t.next_event_at end)
	), changed as (
		update letterwatch.deadline d
		set rule_set = n.rule_set, office_code = n.office_code, unit = n.unit, state = n.state, start_on = n.start_on,
		    due_on = n.due_on, late_at = n.late_at, overdue_at = n.overdue_at, provisional = n.provisional,
		    first_stage = n.first_stage, closed_event = n.closed_event, closed_on = n.closed_on, rule_from = n.rule_from,
		    begun_at = n.begun_at, pauses = n.pauses, extended_to = n.extended_to, muted_until = n.muted_until,
		    baseline = n.baseline, verdict = n.verdict, changed_at = moment, dated_at = n.dated_at, stage_done = n.stage_done,
		    reached = n.reached, next_event_at = n.next_event_at
		from difference n
		where d.ctid = n.tid and not n.is_gone
		returning d.next_event_at
	), added as (
		insert into letterwatch.deadline
			(letter_no, rule, since, rule_set, office_code, unit, state, start_on, due_on, late_at, overdue_at, provisional,
			 first_stage, closed_event, closed_on, rule_from, begun_at, pauses, extended_to, muted_until, baseline, verdict,
			 changed_at, dated_at, stage_done, reached, next_event_at)
		select n.letter_no, n.rule, n.since, n.rule_set, n.office_code, n.unit, n.state, n.start_on, n.due_on, n.late_at,
		       n.overdue_at, n.provisional, n.first_stage, n.closed_event, n.closed_on, n.rule_from, n.begun_at, n.pauses,
		       n.extended_to, n.muted_until, n.baseline, n.verdict, moment, n.dated_at, n.stage_done, n.reached, n.next_event_at
		from difference n
		where n.is_new
		returning next_event_at
	), gone as (
		delete from letterwatch.deadline d
		using difference n
		where d.ctid = n.tid and n.is_gone
	), recorded as (
		insert into letterwatch.deadline_change (letter_no, rule, since, old_due, new_due, why, changed_by, session_role)
		select n.letter_no, n.rule, n.since, n.old_due, n.due_on, replan.why, replan.changed_by, replan.session_role
		from difference n
		where n.due_on is distinct from n.old_due
		  and (not n.is_new or settings_changed
		       or exists (select from letterwatch.deadline_change c -- it comes back
		                  where c.letter_no = n.letter_no and c.rule = n.rule and c.since = n.since))
	)
	select exists (select from changed where next_event_at <= moment + interval '2 minutes')
	    or exists (select from added where next_event_at <= moment + interval '2 minutes'),
	       array(select row(n.letter_no, n.rule, n.since, n.office_code, coalesce(n.closed_kind, replan.why),
	                        n.closed_on)::letterwatch.closing
	             from difference n
	             where n.was_overdue and n.old_state in ('open', 'suspended') and n.state not in ('open', 'suspended'))
	into wake, closings;

	perform letterwatch.hand_down(letters);
	if cardinality(closings) > 0 then
		perform letterwatch.raise_cleared(closings);
	end if;
	if wake or cardinality(closings) > 0 then
		notify letterwatch_due;
	end if;
end
$$;
comment on function letterwatch.replan(text[], text, boolean, text, text, timestamptz) is
	'Derives state and deadlines of letters again and writes what differs.';
