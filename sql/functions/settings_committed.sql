-- settings_committed(): trigger of settings_change, deferred to the commit (set constraints all immediate: after each
-- statement): puts the changes into force.
create or replace function letterwatch.settings_committed() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	perform letterwatch.apply_settings();
	return null;
end
$$;
comment on function letterwatch.settings_committed() is 'Puts changed settings into force at the commit.';
