-- settings_changed(): trigger of calendar, calendar_list, calendar_day, rule, stage and office, after each statement: keeps
-- planning away, derives calendar_date, stage_plan and office_setting again, and re-dates the letters concerned. What is closed
-- keeps what it was judged by.
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
		if tg_table_name = 'rule' then
			rule_sets := array(select r.rule_set from letterwatch.rule_set r);
		end if;
	end if;
	perform letterwatch.replan(array(
		select s.letter_no::text
		from letterwatch.letter_state s
		join letterwatch.office_setting o using (office_code)
		where (o.calendar = any (calendars) or s.rule_set = any (rule_sets) or o.office_code = any (offices))
		  and exists (select from letterwatch.deadline d where d.letter_no = s.letter_no and d.state = 'open')
	), tg_table_name || ' changed', settings_changed => true);
	return null;
end
$$;
comment on function letterwatch.settings_changed() is 'Derives the settings again and re-dates what is open.';
