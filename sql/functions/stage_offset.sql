-- stage_offset(offsets, every, stage_no) → float8: where a stage of a plan stands, in its measure; stage_no beyond the last is a
-- repetition. NULL: there is none: of NULL, 0, and beyond the last without `every`. offsets, every: of stage_plan.
-- Inlined into its callers' expressions.
-- Callers: stage_time, stages_ahead, raise_stages.
create or replace function letterwatch.stage_offset(offsets float8[], every int, stage_no int) returns float8
language sql immutable parallel safe
as $$
	select case when stage_no is not null then offsets[least(stage_no, cardinality(offsets))] end
	       + case when stage_no > cardinality(offsets) then every * (stage_no - cardinality(offsets)) else 0 end
$$;
comment on function letterwatch.stage_offset(float8[], int, int) is 'Where a stage of a plan stands.';
