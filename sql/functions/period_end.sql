-- period_end(calendar, start_on, count_from, amount, unit, month_end, roll, pauses, extended_to) → (due_on, slack, provisional,
-- own_end_on), one row: the last day of a period; pure calculation. start_on is the office's local date of the beginning event.
-- pauses: days that do not count, NULL for none. extended_to: the last day that an extension, or an order (unit date), names, or
-- NULL. own_end_on: the end before extension and roll.
-- No row: the unit is second, the period leaves the planning horizon, or a pause without end (upper bound NULL) stops it.
-- slack: stage −n exists while n < slack, that is, while its day is after start_on.
-- provisional: a list that the period (working days), its roll, or the end of December needs is not loaded; a day that an order
-- names, and that does not roll, needs none.
-- The rules: Criminal Procedure Law §105 (the starting day does not count; roll), Civil Code §§201–203 (corresponding day,
-- or the month's last). Where the starting day counts a month ends on the day before the corresponding day (BGB §188).
-- One plain SELECT without SET or STRICT, so that PostgreSQL inlines it into the caller's join; for OFFSET 0 see stage_time.
-- Callers: deadline_end, date_deadlines, due_date, explain_deadline.
create or replace function letterwatch.period_end(calendar text, start_on date, count_from text, amount int, unit text,
                                                  month_end boolean, roll boolean, pauses datemultirange, extended_to date)
returns table (due_on date, slack int, provisional boolean, own_end_on date)
language sql stable parallel safe
as $$
	select e.due_on,
	       least(e.workdays_before + 1 - s.workdays, e.due_on - start_on),
	       (roll or unit <> 'date') and not e.settled or ((unit = 'workday' or count_from = 'next_workday') and e.unsettled > s.unsettled),
	       m.own_end_on
	from letterwatch.calendar_date s
	left join letterwatch.calendar_date w
		on w.calendar = s.calendar and w.workday
		and w.workdays = case when unit = 'workday' then s.workdays - (count_from = 'same_day' and s.workday)::int + amount end
	cross join lateral (
		select case count_from
		       when 'next_day' then start_on + 1
		       when 'same_day' then start_on
		       else s.next_workday end
		offset 0
	) f (first_on)
	cross join lateral (
		select case
		       when unit = 'workday' then w.day
		       when unit = 'day' then f.first_on + amount - 1
		       when unit <> 'month' then null
		       when count_from = 'next_day' and month_end and extract(day from start_on + 1) = 1
		       then (date_trunc('month', start_on) + make_interval(months => amount + 1) - interval '1 day')::date
		       when count_from = 'next_day' then (start_on + make_interval(months => amount))::date
		       when extract(day from f.first_on + make_interval(months => amount)) < extract(day from f.first_on)
		       then (f.first_on + make_interval(months => amount))::date
		       else (f.first_on + make_interval(months => amount))::date - 1 end
		offset 0
	) n (nominal_on)
	cross join lateral (
		select case
		       when unit = 'date' then extended_to
		       when pauses is null then n.nominal_on
		       else letterwatch.paused_end(s.calendar, f.first_on, n.nominal_on, unit = 'workday', pauses) end
		offset 0
	) m (own_end_on)
	join lateral (
		select case when roll and not c.workday then c.next_workday else c.day end,
		       c.workdays - c.workday::int, c.settled, c.unsettled
		from letterwatch.calendar_date c
		where c.calendar = s.calendar
		  and c.day = case when extended_to > m.own_end_on then extended_to else m.own_end_on end
	) e (due_on, workdays_before, settled, unsettled) on true
	where s.calendar = period_end.calendar and s.day = start_on
$$;
comment on function letterwatch.period_end(text, date, text, int, text, boolean, boolean, datemultirange, date) is
	'The last day of a period.';
