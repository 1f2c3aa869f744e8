-- heard_stage(loud, last_no, stage_no) → int: the last stage up to stage_no that mute does not hold back; 0: none.
-- Arguments as in loud_stage.
-- Callers: raise_stages.
create or replace function letterwatch.heard_stage(loud int[], last_no int, stage_no int) returns int
language sql immutable parallel safe
as $$
	select case when stage_no > last_no and last_no = any (loud) then stage_no
	            else coalesce((select max(n) from unnest(loud) n where n <= stage_no), 0) end
$$;
comment on function letterwatch.heard_stage(int[], int, int) is 'The last stage told under a mute.';
