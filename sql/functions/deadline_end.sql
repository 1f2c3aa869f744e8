-- deadline_end(calendar, time_zone, start_on, start_at, count_from, amount, unit, month_end, roll, end_of_day, pauses, extended_to) →
-- (due_on, late_at, slack, provisional, own_end_on), one row: the end of a deadline of any unit; pure calculation. start_on,
-- start_at: the beginning event's local date, and its moment, from which seconds are counted. due_on: the last day; late_at: the
-- first instant that is late; NULL both: it has no end now. The others as in period_end.
-- Inlined into the caller's join, as period_end is.
-- Callers: derive, derive_lives, plan_first_letters, verify.
create or replace function letterwatch.deadline_end(calendar text, time_zone text, start_on date, start_at timestamptz, count_from text,
                                                    amount int, unit text, month_end boolean, roll boolean, end_of_day time,
                                                    pauses datemultirange, extended_to date)
returns table (due_on date, late_at timestamptz, slack int, provisional boolean, own_end_on date)
language sql stable parallel safe
as $$
	select coalesce(p.due_on, d.due_on), coalesce(letterwatch.day_end(p.due_on, end_of_day, time_zone), s.late_at),
	       case unit when 'second' then amount else p.slack end, coalesce(p.provisional, false), coalesce(p.own_end_on, d.due_on)
	from (select case unit when 'second' then start_at + make_interval(secs => amount) end offset 0) s (late_at)
	cross join lateral (select ((s.late_at - interval '1 microsecond') at time zone time_zone)::date offset 0) d (due_on)
	left join lateral letterwatch.period_end(calendar, start_on, count_from, amount, unit, month_end, roll, pauses, extended_to) p on true
$$;
comment on function letterwatch.deadline_end(text, text, date, timestamptz, text, int, text, boolean, boolean, time, datemultirange, date) is
	'The end of a deadline of any unit.';
