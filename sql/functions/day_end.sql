-- day_end(day, end_of_day, time_zone) → timestamptz: the first moment after the end of a day, at a local time up to 24:00. Counted from
-- the microsecond before it: where clocks go back to midnight (Havana, the Azores) the next day's 00:00 comes twice, and the day ends at the
-- first one.
-- Inlined into its callers' expressions.
-- Callers: deadline_end, date_deadlines, extension_faults.
create or replace function letterwatch.day_end(day date, end_of_day time, time_zone text) returns timestamptz
language sql stable parallel safe
as $$
	select ((day + end_of_day - interval '1 microsecond') at time zone time_zone) + interval '1 microsecond'
$$;
comment on function letterwatch.day_end(date, time, text) is 'The first moment after the end of a local day.';
