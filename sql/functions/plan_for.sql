-- plan_for(letters, tables): chooses how the rest of the calling function is planned; the caller names plan_cache_mode,
-- enable_seqscan, enable_mergejoin and enable_hashjoin in SET clauses and so gives them back. No single plan suits one letter and
-- a million: below 100 the generic plan, which is made once, maybe while the tables are empty, and therefore takes index lookups
-- only; from there on one made for the very array (hash joins). A bulk load after a single insert in one session stays linear,
-- and a single insert after it quick.
-- tables: hold at least as many rows as there are letters. One that pg_class says holds fewer is analyzed: vacuum counts only what
-- is committed, so of a load that is repeated after it had failed it says that there is nothing, and each join would go
-- through all pairs.
-- Callers: replan, plan_new_letters, event_inserted.
create or replace function letterwatch.plan_for(letters int, tables regclass[]) returns void
language plpgsql volatile
as $$
declare
	few boolean := letters < 100;
	misjudged regclass;
begin
	perform set_config('plan_cache_mode', case when few then 'force_generic_plan' else 'force_custom_plan' end, true),
	        set_config('enable_seqscan', case when few then 'off' else 'on' end, true),
	        set_config('enable_mergejoin', case when few then 'off' else 'on' end, true),
	        set_config('enable_hashjoin', case when few then 'off' else 'on' end, true);
	if few then
		return;
	end if;
	for misjudged in
		select c.oid
		from pg_class c
		where c.oid = any (tables) and c.reltuples >= 0
		  and c.reltuples * (pg_relation_size(c.oid) / current_setting('block_size')::int) < letters::float8 * greatest(c.relpages, 1)
	loop
		execute format('analyze (skip_locked) %s', misjudged);
	end loop;
end
$$;
comment on function letterwatch.plan_for(int, regclass[]) is 'Chooses between the plan for few letters and the plan for many.';
