-- stage_time(calendar, time_zone, day_begins, base_on, overdue_at, measure, offsets, every, stage_no) → (at), one row or none:
-- when a stage comes. stage_no beyond the last is a repetition; without `every` there is none. Other arguments as in
-- stage_reached, whose inverse it is. No row also where the stage lies outside the planning horizon.
-- Inlined into the caller's join, as period_end is; OFFSET 0 keeps what is computed once from being copied to each use of it,
-- which made a claim of one alert three times as dear.
-- Callers: next_stage, raise_stages, plan_first_letters, verify.
create or replace function letterwatch.stage_time(calendar text, time_zone text, day_begins time, base_on date,
                                                  overdue_at timestamptz, measure text, offsets float8[], every int,
                                                  stage_no int)
returns table (at timestamptz)
language sql stable parallel safe
as $$
	select case
	       when measure = 'second' then overdue_at + make_interval(secs => o.n)
	       when o.n = 0.5 then overdue_at
	       when o.n = 0 then (base_on + day_begins) at time zone time_zone
	       else (d.day + day_begins) at time zone time_zone end
	from (select letterwatch.stage_offset(offsets, every, stage_no) offset 0) o (n)
	join letterwatch.calendar_date b on b.calendar = stage_time.calendar and b.day = base_on
	left join letterwatch.calendar_date d
		on d.calendar = b.calendar and d.workday
		and d.workdays = b.workdays + case when o.n < 0 then 1 - b.workday::int + o.n::int else o.n::int end
	where o.n is not null
$$;
comment on function letterwatch.stage_time(text, text, time, date, timestamptz, text, float8[], int, int) is
	'When a stage comes.';
