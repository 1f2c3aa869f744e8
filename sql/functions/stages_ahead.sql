-- stages_ahead(calendar, time_zone, day_begins, rule_set, rule, overdue_at, first_stage, muted_until, reached, stage_done, moved, at)
-- → (stage_done, next_event_at), one row: where a deadline stands among its stages. reached, stage_done: as in its row, by offset.
-- at: now, where the times of its stages may be others than before: what is ahead again is not done; what
-- is not stays done, also where the present plan has no such stage. NULL: they are the same.
-- moved: it has another date, for which all that was reached before and whose new time has passed is done. So what was told and is
-- still past stays silent, what was told and is ahead again is told again (but not for the same date: raise_stages), what was never
-- told and is past is told at once.
-- Inlined into the caller's join, as period_end is; once in a statement: what it is made of is large, and is set up at each
-- execution.
-- Callers: replan, date_deadlines.
create or replace function letterwatch.stages_ahead(calendar text, time_zone text, day_begins time, rule_set text, rule text,
                                                    overdue_at timestamptz, first_stage int, muted_until timestamptz,
                                                    reached float8, stage_done float8, moved boolean, at timestamptz)
returns table (stage_done float8, next_event_at timestamptz)
language sql stable parallel safe
as $$
	select x.stage_done, t.at
	from (select ((overdue_at - interval '1 microsecond') at time zone time_zone)::date offset 0) b (base_on)
	left join letterwatch.stage_plan g on g.rule_set = stages_ahead.rule_set and g.rule = stages_ahead.rule
	left join lateral letterwatch.stage_reached(calendar, time_zone, day_begins, b.base_on, overdue_at, g.measure, g.offsets,
	                                            g.every, stages_ahead.at) s on true
	cross join lateral (select case when moved then reached else stages_ahead.stage_done end offset 0) w (done)
	cross join lateral (
		select case when stages_ahead.at is null then stages_ahead.stage_done
		            when w.done is not null then least(w.done, s.elapsed) end
		offset 0
	) x (stage_done)
	cross join lateral (
		select greatest(first_stage - 1, letterwatch.stage_number(g.offsets, g.every, x.stage_done)) offset 0
	) n (stage_no)
	left join lateral letterwatch.next_stage(calendar, time_zone, day_begins, b.base_on, overdue_at, g.measure, g.offsets,
	                                         g.every, g.loud, muted_until, n.stage_no) t on true
$$;
comment on function letterwatch.stages_ahead(text, text, time, text, text, timestamptz, int, timestamptz, float8, float8, boolean, timestamptz) is
	'Where a deadline stands among its stages.';
