-- loud_stage(loud, last_no, every, stage_done) → int: the first stage after stage_done that mute does not hold back; NULL: none.
-- loud, every: of stage_plan. A stage beyond last_no is a repetition of the last.
-- Callers: next_stage.
create or replace function letterwatch.loud_stage(loud int[], last_no int, every int, stage_done int) returns int
language sql immutable parallel safe
as $$
	select coalesce((select min(n) from unnest(loud) n where n > stage_done),
	                case when every is not null and last_no = any (loud) then stage_done + 1 end)
$$;
comment on function letterwatch.loud_stage(int[], int, int, int) is 'The next stage that mute does not hold back.';
