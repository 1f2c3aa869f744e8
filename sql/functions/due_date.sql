-- due_date(rule_set, rule, start, office_code DEFAULT NULL) → date: the last day of the period that begins on the day `start`
-- (the office's local date of receipt, or of whatever begins it); pure calculation from rule and calendar. Without an office:
-- the root's calendar (cn while there is no office). The rule version is the one that holds for a receipt on `start`.
-- Errors: LW002 unknown rule set, rule, or office, or no version for that day; LW001 a rule that no amount of days ends.
-- Callers: people.
create or replace function letterwatch.due_date(rule_set text, rule text, start date, office_code text default null)
returns date
language plpgsql stable
as $$
declare
	r letterwatch.rule;
	calendar text;
	due date;
begin
	select * into r
	from letterwatch.rule x
	where x.rule_set = due_date.rule_set and x.rule = due_date.rule and start between x.valid_from and x.valid_to;
	if not found then
		perform letterwatch.refuse('LW002', format('there is no rule %s / %s for letters received on %s', $1, $2, start),
			'See: select rule_set, rule, valid_from, valid_to from letterwatch.rule;');
	end if;
	if office_code is null then
		select coalesce((select s.calendar from letterwatch.office_setting s where s.level = 1 order by s.office_code limit 1), 'cn')
		into calendar;
	else
		select s.calendar into calendar from letterwatch.office_setting s where s.office_code = due_date.office_code;
		if not found then
			perform letterwatch.refuse('LW002', format('unknown office %s', office_code),
				'See: select office_code, name from letterwatch.office;');
		end if;
	end if;
	select p.due_on into due
	from letterwatch.period_end(calendar, start, r.count_from, r.amount, r.unit, r.month_end, r.roll, null, null) p;
	if due is null then
		perform letterwatch.refuse('LW001', format('the period of %s / %s from %s has no last day', $1, $2, start),
			format('It must be counted in days, working days or months, and lie within %s.', letterwatch.planning_horizon()));
	end if;
	return due;
end
$$;
comment on function letterwatch.due_date(text, text, date, text) is 'The last day of a period that begins on a day: pure calculation.';
