-- 0013 stamped: a row of rule is dated by when it came into force; what a change of settings moves is written in its author's name,
-- whoever plans the letter first.

-- What comes again with other arguments.
drop function if exists letterwatch.replan(text[], text, boolean, text, text);

comment on column letterwatch.rule.recorded_at is
	'When the row came into force with its present values; infinity: not yet committed. Earlier values are in rule_past.';
