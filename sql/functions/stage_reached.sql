-- stage_reached(calendar, time_zone, day_begins, base_on, overdue_at, measure, offsets, every, at) → (stage_no,
-- elapsed), one row: the last stage whose time is not after `at`, 0 before the first; beyond the last stage each repetition counts
-- one. elapsed: the greatest offset whose time is not after `at`, whether the plan has a stage there or not.
-- base_on: the day from which offsets count, the local day that ends at overdue_at. measure, offsets, every: of stage_plan.
-- Stage times: the start of office hours of the n-th working day before or after base_on; offset 0.5 is overdue_at itself.
-- Inlined into the caller's join, as period_end is; for OFFSET 0 see stage_time.
-- Callers: stages_ahead, raise_stages.
create or replace function letterwatch.stage_reached(calendar text, time_zone text, day_begins time, base_on date,
                                                     overdue_at timestamptz, measure text, offsets float8[], every int,
                                                     at timestamptz)
returns table (stage_no int, elapsed float8)
language sql stable parallel safe
as $$
	select letterwatch.stage_number(offsets, every, e.elapsed), e.elapsed
	from letterwatch.calendar_date b
	join letterwatch.calendar_date d
		on d.calendar = b.calendar and d.day = ((at at time zone time_zone) - day_begins)::date
	cross join lateral (
		select case
		       when measure = 'second' then extract(epoch from at - overdue_at)::float8
		       when at >= overdue_at then greatest(d.workdays - b.workdays, 0.5)::float8
		       when d.day < base_on then (d.workdays - b.workdays + b.workday::int - 1)::float8
		       else 0 end
		offset 0
	) e (elapsed)
	where b.calendar = stage_reached.calendar and b.day = base_on
$$;
comment on function letterwatch.stage_reached(text, text, time, date, timestamptz, text, float8[], int, timestamptz) is
	'The last stage whose time has come.';
