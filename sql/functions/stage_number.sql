-- stage_number(offsets, every, stage_offset) → int: the last stage of a plan that is not after an offset, 0 before the first; beyond
-- the last stage each repetition counts one; NULL for NULL. offsets, every: of stage_plan; stage_offset: in their measure.
-- Inlined into its callers' expressions.
-- Callers: stage_reached, stages_ahead, raise_stages, verify, overdue.
create or replace function letterwatch.stage_number(offsets float8[], every int, stage_offset float8) returns int
language sql immutable parallel safe
as $$
	select width_bucket(stage_offset, offsets)
	       + case when every is null then 0
	              else greatest(0, floor((stage_offset - offsets[cardinality(offsets)]) / every))::int end
$$;
comment on function letterwatch.stage_number(float8[], int, float8) is 'The last stage of a plan that is not after an offset.';
