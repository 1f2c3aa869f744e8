-- settings_changed(): trigger of calendar, calendar_list, calendar_day, rule, stage and office, after each statement: notes in
-- settings_change who changed what; apply_settings puts it into force, at the commit or before this transaction plans.
-- An earlier value of a rule that was in force goes to rule_past: what was closed is judged by it.
create or replace function letterwatch.settings_changed() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	of_calendars text[] := '{}';
	of_rule_sets text[] := '{}';
begin
	if tg_table_name = 'rule' then
		if tg_op <> 'DELETE' then
			of_rule_sets := array(select distinct n.rule_set from new_rows n where n.recorded_at = 'infinity'); -- not by stamp_settings
		end if;
		if tg_op = 'DELETE' or tg_op = 'UPDATE' and cardinality(of_rule_sets) > 0 then
			of_rule_sets := of_rule_sets || array(select distinct o.rule_set from old_rows o);
			insert into letterwatch.rule_past
			select o.*, 'infinity' from old_rows o where o.recorded_at < 'infinity';
		end if;
	elsif tg_table_name like 'calendar%' then
		if tg_op <> 'INSERT' then
			of_calendars := array(select distinct o.calendar::text from old_rows o);
		end if;
		of_calendars := of_calendars || array(select distinct n.calendar::text from new_rows n);
	end if;
	if tg_table_name not in ('stage', 'office') and cardinality(of_calendars || of_rule_sets) = 0 then
		return null;
	end if;
	insert into letterwatch.settings_change (what, calendars, rule_sets)
	values (tg_table_name || case tg_op when 'INSERT' then ' added' when 'UPDATE' then ' changed' else ' removed' end,
	        of_calendars, of_rule_sets);
	return null;
end
$$;
comment on function letterwatch.settings_changed() is 'Notes a change of settings.';
