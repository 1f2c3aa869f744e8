-- rebuild_stages() → text[]: derives stage_plan again from stage and rule. Returns the rule sets of which a plan changed.
-- Refused (LW001): stages not numbered from 1 on without a gap in the order of their times, two at one time, a repetition
-- before the last, working days under a rule counted in seconds, or a stage seconds off the end under one that is not.
-- LW003: a rule that comes to count seconds, or no longer does, while deadlines under it are told of.
-- Callers: apply_settings, preview.
create or replace function letterwatch.rebuild_stages() returns text[]
language plpgsql volatile
as $$
declare
	changed text[];
	wrong record;
begin
	select * into wrong
	from letterwatch.derive_stages() p
	where array_position(p.offsets, null) is not null
	   or p.numbers <> array(select generate_series(1, cardinality(p.numbers)))
	   or p.offsets <> array(select distinct o from unnest(p.offsets) o order by o)
	   or p.repeating > (p.every is not null)::int;
	if found then
		perform letterwatch.refuse('LW001', format('the stages of rule %s / %s are not in order', wrong.rule_set, wrong.rule),
			'Number them 1, 2, 3, … in the order of their times, no two at one time; only the last may repeat; '
			'rules counted in seconds have stages in seconds, others in working days, with seconds = 0 for the end.');
	end if;

	select p.rule_set, p.rule into wrong
	from letterwatch.derive_stages() p
	join letterwatch.stage_plan t on t.rule_set = p.rule_set and t.rule = p.rule and t.measure <> p.measure
	where exists (select from letterwatch.deadline d
	              where d.rule_set = p.rule_set and d.rule = p.rule and (d.reached is not null or d.stage_done is not null))
	limit 1;
	if found then
		perform letterwatch.refuse('LW003',
			format('rule %s / %s would count seconds where it counts days, or the other way round', wrong.rule_set, wrong.rule),
			'What was told of its letters is known by the one or the other: enter another rule set, and correct the letters to it.');
	end if;

	with plan as materialized (
		select * from letterwatch.derive_stages()
	), gone as (
		delete from letterwatch.stage_plan t
		where not exists (select from plan p where (p.rule_set, p.rule) = (t.rule_set, t.rule))
		returning t.rule_set
	), written as (
		insert into letterwatch.stage_plan as t
			(rule_set, rule, measure, offsets, last_no, every, overdue_no, stages, units, levels_up, severities, loud)
		select rule_set, rule, measure, offsets, last_no, every, overdue_no, stages, units, levels_up, severities, loud
		from plan
		on conflict (rule_set, rule) do update
		set (measure, offsets, last_no, every, overdue_no, stages, units, levels_up, severities, loud) =
			(excluded.measure, excluded.offsets, excluded.last_no, excluded.every, excluded.overdue_no, excluded.stages,
			 excluded.units, excluded.levels_up, excluded.severities, excluded.loud)
		where t is distinct from excluded
		returning t.rule_set
	)
	select array_agg(distinct rule_set) into changed
	from (select rule_set from gone union all select rule_set from written) x;
	return coalesce(changed, '{}');
end
$$;
comment on function letterwatch.rebuild_stages() is 'Derives stage_plan from the stages.';
