-- rule_effects(rule) → jsonb: what of a row of rule, or of rule_past, says what events do to its deadlines, as against how these
-- are counted; of its unit, whether the last day is named: that is not started again. rule: the row as jsonb.
-- Callers: derive_lives, rules_held.
create or replace function letterwatch.rule_effects(rule jsonb) returns jsonb
language sql immutable
as $$
	select jsonb_build_object('begins', rule -> 'begins', 'met_by', rule -> 'met_by', 'not_owed_in', rule -> 'not_owed_in',
	                          'restarts', rule -> 'restarts', 'on_transfer', rule -> 'on_transfer', 'on_reopen', rule -> 'on_reopen',
	                          'followed_by', rule -> 'followed_by', 'may_suspend', rule -> 'may_suspend',
	                          'may_extend', rule -> 'may_extend', 'day_is_named', rule ->> 'unit' = 'date')
$$;
comment on function letterwatch.rule_effects(jsonb) is 'What of a rule says what events do to its deadlines.';
