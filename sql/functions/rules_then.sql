-- rules_then(rule_set, as_of) → rows of type rule: the rules of a rule set as they stood at that moment. A rule set that is younger
-- stands as it was first entered: nothing was counted by it before, but letters may be dated back.
-- as_of infinity: as they stand, committed or not.
-- Callers: derive_lives, rules_held.
create or replace function letterwatch.rules_then(rule_set text, as_of timestamptz) returns setof letterwatch.rule
language sql stable
as $$
	with version as (
		select jsonb_populate_record(null::letterwatch.rule, to_jsonb(p)) as r, p.until
		from letterwatch.rule_past p
		where p.rule_set = rules_then.rule_set
		union all
		select x, null
		from letterwatch.rule x
		where x.rule_set = rules_then.rule_set
	), born as (
		select v.*, first_value((v.r).recorded_at) over (partition by (v.r).rule, (v.r).valid_from order by v.until nulls last) as born_at
		from version v
	)
	select (b.r).*
	from (
		select distinct on ((x.r).rule, (x.r).valid_from) x.*
		from born x
		where x.until is null or x.until > as_of
		order by (x.r).rule, (x.r).valid_from, x.until nulls last
	) b
	where (b.r).recorded_at <= greatest(as_of, (select min(x.born_at) from born x))
$$;
comment on function letterwatch.rules_then(text, timestamptz) is 'The rules of a rule set at an earlier moment.';
