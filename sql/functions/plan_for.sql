-- plan_for(letters): chooses how the rest of the calling function is planned; the caller names plan_cache_mode, enable_seqscan,
-- enable_mergejoin and enable_hashjoin in SET clauses and so gives them back. No single plan suits one letter and a million: below 100 the
-- generic plan, which is made once, maybe while the tables are empty, and therefore takes index lookups only; from there on one
-- made for the very array (hash joins). A bulk load after a single insert in one session stays linear, and a single insert
-- after it quick.
-- Callers: replan, event_inserted.
create or replace function letterwatch.plan_for(letters int) returns void
language plpgsql volatile
as $$
begin
	perform set_config('plan_cache_mode', case when letters < 100 then 'force_generic_plan' else 'force_custom_plan' end, true),
	        set_config('enable_seqscan', case when letters < 100 then 'off' else 'on' end, true),
	        set_config('enable_mergejoin', case when letters < 100 then 'off' else 'on' end, true),
	        set_config('enable_hashjoin', case when letters < 100 then 'off' else 'on' end, true);
end
$$;
comment on function letterwatch.plan_for(int) is 'Chooses between the plan for few letters and the plan for many.';
