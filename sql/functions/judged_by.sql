-- judged_by(office_code, r, received_on, judged_at) → one row: what a deadline is counted by that is judged at a moment: time_zone
-- and calendar (or edition of one) of its office, and of its rule, of which r is a version, count_from to responsible_unit, as they were
-- in force then. judged_at NULL: as they are now. A rule that is gone counts as r.
-- Callers: derive_lives.
create or replace function letterwatch.judged_by(office_code text, r letterwatch.rule, received_on date, judged_at timestamptz,
                                                 out time_zone text, out calendar text, out count_from text, out amount int, out unit text,
                                                 out month_end boolean, out roll boolean, out end_of_day time, out assignable boolean,
                                                 out responsible_unit text)
language plpgsql stable
as $$
begin
	select o.time_zone, o.calendar into time_zone, calendar
	from (select p.time_zone, p.calendar, p.until
	      from letterwatch.office_setting_past p
	      where p.office_code = judged_by.office_code and p.until > judged_at
	      union all
	      select s.time_zone, s.calendar, null
	      from letterwatch.office_setting s
	      where s.office_code = judged_by.office_code) o
	order by o.until nulls last
	limit 1;
	select p.count_from, p.amount, p.unit, p.month_end, p.roll, p.end_of_day, p.assignable, p.responsible_unit
	into count_from, amount, unit, month_end, roll, end_of_day, assignable, responsible_unit
	from (select p.count_from, p.amount, p.unit, p.month_end, p.roll, p.end_of_day, p.assignable, p.responsible_unit, p.until,
	             p.recorded_at
	      from letterwatch.rule_past p
	      where p.rule_set = r.rule_set and p.rule = r.rule and p.until > judged_at and judged_by.received_on between p.valid_from and p.valid_to
	      union all
	      select p.count_from, p.amount, p.unit, p.month_end, p.roll, p.end_of_day, p.assignable, p.responsible_unit, null,
	             p.recorded_at
	      from letterwatch.rule p
	      where p.rule_set = r.rule_set and p.rule = r.rule and judged_by.received_on between p.valid_from and p.valid_to
	      union all
	      select r.count_from, r.amount, r.unit, r.month_end, r.roll, r.end_of_day, r.assignable, r.responsible_unit, null, null) p
	order by p.until nulls last, p.recorded_at
	limit 1;
	calendar := coalesce((
		select d.edition
		from letterwatch.calendar_edition d
		where d.calendar = judged_by.calendar and d.until > judged_at
		order by d.until
		limit 1), calendar);
end
$$;
comment on function letterwatch.judged_by(text, letterwatch.rule, date, timestamptz) is 'What a deadline is counted by that is judged at a moment.';
