-- settings_changed(): trigger of calendar, calendar_list, calendar_day, rule, stage and office, after each statement: keeps
-- planning away, derives calendar_date, stage_plan and office_setting again, and re-dates the letters concerned: those
-- that can still change, or owe something. What is closed keeps what it was judged by.
create or replace function letterwatch.settings_changed() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	calendars text[] := '{}';
	rule_sets text[] := '{}';
	offices text[] := '{}';
begin
	perform letterwatch.lock_settings();
	if tg_table_name like 'calendar%' then
		calendars := letterwatch.rebuild_calendars();
	elsif tg_table_name = 'office' then
		offices := letterwatch.rebuild_offices();
	else
		rule_sets := letterwatch.rebuild_stages();
		perform letterwatch.renumber_stages(rule_sets);
		if tg_table_name = 'rule' then
			rule_sets := rule_sets || array(select c.rule_set from changed_rules c);
		end if;
		if tg_table_name = 'rule' and tg_op = 'UPDATE' then
			rule_sets := rule_sets || array(select n.rule_set from new_rules n);
		end if;
	end if;
	perform letterwatch.replan(array(
		select s.letter_no::text
		from letterwatch.letter_state s
		join letterwatch.office_setting o using (office_code)
		where (o.calendar = any (calendars) or s.rule_set = any (rule_sets) or o.office_code = any (offices))
		  and (exists (select from letterwatch.transition t where t.status = s.status)
		       or exists (select from letterwatch.deadline d where d.letter_no = s.letter_no and d.state = 'open'))
	), tg_table_name || ' changed', settings_changed => true);
	return null;
end
$$;
comment on function letterwatch.settings_changed() is 'Derives the settings again and re-dates what is open.';
