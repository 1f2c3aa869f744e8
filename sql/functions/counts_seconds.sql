-- counts_seconds(rule_set, rule) → boolean: whether a rule counts seconds, and so its stages: what is told of it is no stage of others.
-- Callers: replan.
create or replace function letterwatch.counts_seconds(rule_set text, rule text) returns boolean
language sql stable
as $$
	select exists (select from letterwatch.rule r where r.rule_set = counts_seconds.rule_set and r.rule = counts_seconds.rule and r.unit = 'second')
$$;
comment on function letterwatch.counts_seconds(text, text) is 'Whether a rule counts seconds.';
