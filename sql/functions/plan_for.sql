-- plan_for(letters): sets plan_cache_mode for the rest of the calling function, which names it in a SET clause and so gives it
-- back. No single plan suits one letter and a million: below 100 the generic plan (index lookups), which is made once; from
-- there on one made for the very array (hash joins). A bulk load after a single insert in one session stays linear.
-- Callers: replan, event_inserted, verify.
create or replace function letterwatch.plan_for(letters int) returns void
language plpgsql volatile
as $$
begin
	perform set_config('plan_cache_mode', case when letters < 100 then 'force_generic_plan' else 'force_custom_plan' end, true);
end
$$;
comment on function letterwatch.plan_for(int) is 'Chooses between the plan for few letters and the plan for many.';
