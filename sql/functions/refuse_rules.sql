-- refuse_rules(): says what is wrong with changed rules. LW001: two rows of one rule hold for the same day of receipt.
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
end
$$;
comment on function letterwatch.refuse_rules() is 'Says what is wrong with changed rules.';
