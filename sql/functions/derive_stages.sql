-- derive_stages() → rows: what stage_plan should be, from stage and rule, with what tells whether it is in order: the numbers of
-- the stages, and how many repeat.
-- Callers: rebuild_stages, verify.
create or replace function letterwatch.derive_stages()
returns table (rule_set text, rule text, measure text, offsets float8[], numbers int[], last_no int, every int,
               repeating bigint, overdue_no int, stages text[], units text[], levels_up int[], severities int[], loud int[])
language sql stable
as $$
	select s.rule_set, s.rule, case when r.in_seconds then 'second' else 'workday' end as measure,
	       array_agg(case when r.in_seconds then s.seconds::float8
	                      when s.seconds = 0 then 0.5
	                      else s.workdays::float8 end order by s.stage_no) as offsets,
	       array_agg(s.stage_no order by s.stage_no) as numbers,
	       max(s.stage_no) as last_no,
	       (array_agg(s.every order by s.stage_no desc))[1] as every,
	       count(s.every) as repeating,
	       min(s.stage_no) filter (where s.stage = 'overdue') as overdue_no,
	       array_agg(s.stage order by s.stage_no) as stages,
	       array_agg(s.unit order by s.stage_no) as units,
	       array_agg(s.levels_up order by s.stage_no) as levels_up,
	       array_agg(s.severity order by s.stage_no) as severities,
	       coalesce(array_agg(s.stage_no order by s.stage_no) filter (where s.stage not in ('warn', 'due', 'remind')), '{}') as loud
	from letterwatch.stage s
	join (select rule_set, rule, bool_or(unit = 'second') as in_seconds
	      from letterwatch.rule
	      group by rule_set, rule) r using (rule_set, rule)
	group by s.rule_set, s.rule, r.in_seconds
$$;
comment on function letterwatch.derive_stages() is 'What stage_plan should be.';
