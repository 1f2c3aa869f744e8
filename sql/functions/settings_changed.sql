-- settings_changed(): trigger of calendar, calendar_list, calendar_day, rule, stage and office, after each statement: notes in
-- settings_change who changed what; apply_settings puts it into force, at the commit or before this transaction plans.
-- An earlier value of a rule goes to rule_past: what was closed is judged by it.
create or replace function letterwatch.settings_changed() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	of_calendars text[] := '{}';
	of_rule_sets text[] := '{}';
begin
	if tg_table_name = 'rule' or tg_table_name like 'calendar%' then
		if tg_op <> 'INSERT' then
			execute format('select array(select distinct c.%I::text from old_rows c)',
			               case tg_table_name when 'rule' then 'rule_set' else 'calendar' end) into of_rule_sets;
		end if;
		if tg_op <> 'DELETE' then
			execute format('select $1 || array(select distinct c.%I::text from new_rows c)',
			               case tg_table_name when 'rule' then 'rule_set' else 'calendar' end) into of_rule_sets using of_rule_sets;
		end if;
		if tg_table_name <> 'rule' then
			of_calendars := of_rule_sets;
			of_rule_sets := '{}';
		elsif tg_op <> 'INSERT' then
			insert into letterwatch.rule_past
			select o.*, 'infinity' from old_rows o
			on conflict do nothing;
		end if;
		if cardinality(of_calendars || of_rule_sets) = 0 then
			return null;
		end if;
	end if;
	insert into letterwatch.settings_change (what, calendars, rule_sets)
	values (tg_table_name || case tg_op when 'INSERT' then ' added' when 'UPDATE' then ' changed' else ' removed' end,
	        of_calendars, of_rule_sets);
	return null;
end
$$;
comment on function letterwatch.settings_changed() is 'Notes a change of settings.';
