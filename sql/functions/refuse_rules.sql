-- refuse_rules(): says what is wrong with changed rules. LW001: two rows of one rule hold for the same day of receipt; a
-- period that has no day in the planning horizon, or none at all: only an order names one (unit date).
-- Callers: apply_settings, preview.
create or replace function letterwatch.refuse_rules() returns void
language plpgsql stable
as $$
declare
	wrong record;
begin
	select r.rule_set, r.rule, n.valid_from into wrong
	from letterwatch.rule r
	join letterwatch.rule n on n.rule_set = r.rule_set and n.rule = r.rule and n.valid_from > r.valid_from and n.valid_from <= r.valid_to
	limit 1;
	if found then
		perform letterwatch.refuse('LW001', format('two rows of rule %s / %s hold for letters received on %s', wrong.rule_set, wrong.rule,
		                                           wrong.valid_from),
			'Let the earlier one end the day before: its valid_to.');
	end if;
	select r.rule_set, r.rule, r.unit, r.amount into wrong
	from letterwatch.rule r
	where r.unit = 'date' and r.begins <> 'supervise'
	   or r.amount::bigint * case r.unit when 'day' then 1 when 'workday' then 2 when 'month' then 31 end
	      > upper(letterwatch.planning_horizon()) - letterwatch.clock()::date
	limit 1;
	if found and wrong.unit = 'date' then
		perform letterwatch.refuse('LW001', format('rule %s / %s has no period', wrong.rule_set, wrong.rule),
			'Give it an amount and a unit (day, workday, month or second); only an order (begins supervise) names a day.');
	elsif found then
		perform letterwatch.refuse('LW001', format('the period of rule %s / %s is too long: %s %ss', wrong.rule_set, wrong.rule,
		                                           wrong.amount, wrong.unit),
			format('It must end within %s for letters of today.', letterwatch.planning_horizon()));
	end if;
end
$$;
comment on function letterwatch.refuse_rules() is 'Says what is wrong with changed rules.';
