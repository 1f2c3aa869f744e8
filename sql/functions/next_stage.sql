-- next_stage(calendar, time_zone, day_begins, base_on, overdue_at, measure, offsets, every, loud, muted_until, stage_done) →
-- (at), one row or none: when a deadline has to be looked at next: when the stage after stage_done comes, or, where that is
-- before muted_until, the earlier of muted_until and the next stage that mute does not hold back (loud, of stage_plan). Other
-- arguments as in stage_time. Inlined into the caller's join, as period_end is.
-- Callers: stages_ahead, raise_stages, verify.
create or replace function letterwatch.next_stage(calendar text, time_zone text, day_begins time, base_on date,
                                                  overdue_at timestamptz, measure text, offsets float8[], every int, loud int[],
                                                  muted_until timestamptz, stage_done int)
returns table (at timestamptz)
language sql stable parallel safe
as $$
	select case when muted_until > t.at then least(muted_until, l.at) else t.at end
	from letterwatch.stage_time(calendar, time_zone, day_begins, base_on, overdue_at, measure, offsets, every, stage_done + 1) t
	cross join lateral (
		select case when muted_until > t.at then letterwatch.loud_stage(loud, cardinality(offsets), every, stage_done) end offset 0
	) n (loud_no)
	left join lateral letterwatch.stage_time(calendar, time_zone, day_begins, base_on, overdue_at, measure, offsets, every, n.loud_no) l
		on true
$$;
comment on function letterwatch.next_stage(text, text, time, date, timestamptz, text, float8[], int, int[], timestamptz, int) is
	'When a deadline has to be looked at next.';
