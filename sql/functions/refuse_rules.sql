-- refuse_rules(): says what is wrong with changed rules. LW001: two rows of one rule hold for the same day of receipt. LW003:
-- deadlines were closed under a rule that holds no more for their day of receipt.
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

	select p.rule_set, p.rule, s.received_on into wrong
	from letterwatch.rule_past p
	join letterwatch.deadline d on d.rule_set = p.rule_set and d.rule = p.rule
	join letterwatch.letter_state s on s.letter_no = d.letter_no and s.received_on between p.valid_from and p.valid_to
	join letterwatch.letter_event e on e.event_id = d.closed_event and e.recorded_at >= (
		select min(x.recorded_at) from letterwatch.rule_past x
		where x.rule_set = p.rule_set and x.rule = p.rule and x.valid_from = p.valid_from)
	where p.until = 'infinity'
	  and not exists (select from letterwatch.rule r
	                  where r.rule_set = p.rule_set and r.rule = p.rule and r.valid_from <= p.valid_from and r.valid_to >= p.valid_to)
	  and not exists (select from letterwatch.rule r
	                  where r.rule_set = p.rule_set and r.rule = p.rule and s.received_on between r.valid_from and r.valid_to)
	limit 1;
	if found then
		perform letterwatch.refuse('LW003', format('deadlines of rule %s / %s were closed, of letters received on %s', wrong.rule_set, wrong.rule,
		                                           wrong.received_on),
			'Let it hold for their day of receipt, or add the row that holds instead.');
	end if;
end
$$;
comment on function letterwatch.refuse_rules() is 'Says what is wrong with changed rules.';
