-- replan(letters, why, settings_changed): brings letter_state and deadline of some letters up to what their inputs say, records each
-- changed date in deadline_change, raises `cleared` for what had become overdue and is closed now, and wakes the daemons when
-- something is due within two minutes (they look by themselves once a minute).
-- letters: each at most once. why: the text for deadline_change. settings_changed: the times of stages may have moved without a
-- changed date, so what is open is held against them too.
-- A deadline that is closed, stays so and begins on the same day keeps the date that it was judged by.
-- A changed date: stage_done becomes the greatest stage raised before whose new time has passed. So what was told and is
-- still past stays silent, what was told and is ahead again is told again, what was never told and is past is told at once.
-- The caller holds planning in ROW SHARE (or EXCLUSIVE) and the rows of letter FOR NO KEY UPDATE: under these only the claim
-- changes a deadline beside us, and only stage_done, reached and next_event_at, which the UPDATE reads from the row itself.
-- Callers: the triggers of letter and letter_event, settings_changed, work_replan_queue.
create or replace function letterwatch.replan(letters text[], why text, settings_changed boolean default false) returns void
language plpgsql volatile
set jit = off
set plan_cache_mode = auto
set enable_seqscan = on
set enable_mergejoin = on
as $$
declare
	moment timestamptz := letterwatch.clock();
	wake boolean;
	closings letterwatch.closing[];
begin
	if cardinality(letters) = 0 then
		return;
	end if;
	perform letterwatch.plan_for(cardinality(letters));

	insert into letterwatch.letter_state as t
		(letter_no, office_code, rule_set, status, status_on, status_event, last_event, impossible, unit, handler)
	select d.letter_no, d.office_code, d.rule_set, d.status, d.status_on, d.status_event, d.last_event, d.impossible, d.unit,
	       d.handler
	from letterwatch.derive_state(letters) d
	on conflict (letter_no) do update
	set (office_code, rule_set, status, status_on, status_event, last_event, impossible, unit, handler) =
		(excluded.office_code, excluded.rule_set, excluded.status, excluded.status_on, excluded.status_event,
		 excluded.last_event, excluded.impossible, excluded.unit, excluded.handler)
	where t is distinct from excluded;

	with wanted as (
		select w.*, o.calendar, o.time_zone, o.day_begins, o.site, g.measure, g.offsets, g.every, g.overdue_no,
		       coalesce(r.stage_no, 0) as passed
		from letterwatch.derive_deadlines(letters) w
		join letterwatch.office_setting o on o.office_code = w.office_code
		left join letterwatch.stage_plan g on g.rule_set = w.rule_set and g.rule = w.rule
		left join lateral letterwatch.stage_reached(o.calendar, o.time_zone, o.day_begins, w.base_on, w.overdue_at, g.measure,
		                                            g.offsets, g.every, moment) r on true
	), stored as (
		select d.*
		from unnest(letters) u (letter_no)
		join letterwatch.deadline d on d.letter_no = u.letter_no
	), difference as materialized (
		select coalesce(w.letter_no, s.letter_no) as letter_no, coalesce(w.rule, s.rule) as rule,
		       coalesce(w.since, s.since) as since,
		       s.letter_no is null as is_new, w.letter_no is null as is_gone,
		       s.due_on as old_due, s.state as old_state, coalesce(w.overdue_no, g.overdue_no) as overdue_no,
		       coalesce(w.rule_set, s.rule_set) as rule_set, coalesce(w.office_code, s.office_code) as office_code,
		       w.unit, coalesce(w.state, 'gone') as state, w.start_on,
		       case when k.keep then s.due_on else w.due_on end as due_on,
		       case when k.keep then s.late_at else w.late_at end as late_at,
		       case when k.keep then s.overdue_at else w.overdue_at end as overdue_at,
		       case when k.keep then s.provisional else w.provisional end as provisional,
		       case when k.keep then s.first_stage else w.first_stage end as first_stage,
		       w.closed_event, w.closed_on, w.closed_kind, w.base_on, w.passed,
		       w.calendar, w.time_zone, w.day_begins, w.site, w.measure, w.offsets, w.every
		from wanted w
		full join stored s on s.letter_no = w.letter_no and s.rule = w.rule and s.since = w.since
		left join letterwatch.stage_plan g on g.rule_set = s.rule_set and g.rule = s.rule
		cross join lateral (select coalesce(s.state <> 'open' and w.state <> 'open' and s.start_on = w.start_on, false)) k (keep)
		left join lateral letterwatch.stage_time(w.calendar, w.time_zone, w.day_begins, w.base_on, w.overdue_at, w.measure,
		                                         w.offsets, w.every,
		                                         case when settings_changed and w.state = 'open' then s.stage_done + 1 end) t on true
		where w.letter_no is null or s.letter_no is null
		   or (w.rule_set, w.office_code, w.unit, w.state, w.start_on, w.closed_event, w.closed_on) is distinct from
		      (s.rule_set, s.office_code, s.unit, s.state, s.start_on, s.closed_event, s.closed_on)
		   or not k.keep
		      and (w.due_on, w.late_at, w.overdue_at, w.provisional, w.first_stage) is distinct from
		          (s.due_on, s.late_at, s.overdue_at, s.provisional, s.first_stage)
		   or settings_changed and w.state = 'open' and s.next_event_at is distinct from t.at
	), changed as (
		update letterwatch.deadline d
		set rule_set = n.rule_set, office_code = n.office_code, unit = n.unit, state = n.state, start_on = n.start_on,
		    due_on = n.due_on, late_at = n.late_at, overdue_at = n.overdue_at, provisional = n.provisional,
		    first_stage = n.first_stage, closed_event = n.closed_event, closed_on = n.closed_on,
		    dated_at = case when d.due_on <> n.due_on or d.overdue_at <> n.overdue_at then moment else d.dated_at end,
		    (stage_done, next_event_at) = (
				select x.stage_done, case when n.state = 'open' then t.at end
				from (
					select case when d.due_on <> n.due_on or d.overdue_at <> n.overdue_at
					            then greatest(n.first_stage - 1, least(d.reached, n.passed))
					            else greatest(n.first_stage - 1, d.stage_done) end
				) x (stage_done)
				left join lateral letterwatch.stage_time(n.calendar, n.time_zone, n.day_begins, n.base_on, n.overdue_at,
				                                         n.measure, n.offsets, n.every, x.stage_done + 1) t on true
			)
		from difference n
		where d.letter_no = n.letter_no and d.rule = n.rule and d.since = n.since and not n.is_new and not n.is_gone
		returning d.letter_no, d.rule, d.since, d.office_code, d.reached, d.next_event_at, n.old_state, n.state, n.overdue_no,
		          n.closed_event, n.closed_on, n.closed_kind
	), added as (
		insert into letterwatch.deadline
			(letter_no, rule, since, rule_set, office_code, unit, state, start_on, due_on, late_at, overdue_at, provisional,
			 first_stage, closed_event, closed_on, dated_at, stage_done, reached, next_event_at)
		select n.letter_no, n.rule, n.since, n.rule_set, n.office_code, n.unit, n.state, n.start_on, n.due_on, n.late_at,
		       n.overdue_at, n.provisional, n.first_stage, n.closed_event, n.closed_on, moment, n.first_stage - 1, 0,
		       case when n.state = 'open' then t.at end
		from difference n
		left join lateral letterwatch.stage_time(n.calendar, n.time_zone, n.day_begins, n.base_on, n.overdue_at,
		                                         n.measure, n.offsets, n.every, n.first_stage) t on true
		where n.is_new
		returning next_event_at
	), gone as (
		delete from letterwatch.deadline d
		using difference n
		where d.letter_no = n.letter_no and d.rule = n.rule and d.since = n.since and n.is_gone
		returning d.letter_no, d.rule, d.since, d.office_code, d.reached, d.next_event_at, n.old_state, n.state, n.overdue_no,
		          n.closed_event, n.closed_on, n.closed_kind
	), recorded as (
		insert into letterwatch.deadline_change (letter_no, rule, since, old_due, new_due, why)
		select n.letter_no, n.rule, n.since, n.old_due, n.due_on, replan.why
		from difference n
		where not n.is_new and n.due_on is distinct from n.old_due
	), closed as (
		select * from changed where old_state = 'open' and state <> 'open'
		union all
		select * from gone where old_state = 'open'
	)
	select exists (select from changed where next_event_at <= moment + interval '2 minutes')
	    or exists (select from added where next_event_at <= moment + interval '2 minutes'),
	       array(select row(c.letter_no, c.rule, c.since, c.office_code, coalesce(c.closed_kind, c.state), c.closed_on)::letterwatch.closing
	             from closed c
	             where c.reached >= c.overdue_no)
	into wake, closings;

	if cardinality(closings) > 0 then
		perform letterwatch.raise_cleared(closings);
	end if;
	if wake or cardinality(closings) > 0 then
		notify letterwatch_due;
	end if;
end
$$;
comment on function letterwatch.replan(text[], text, boolean) is 'Derives state and deadlines of letters again and writes what differs.';
