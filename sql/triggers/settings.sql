-- Triggers of the settings: calendars, rules, stages, offices. What changes is noted after each statement and comes into force at
-- the commit.
create or replace trigger settings_inserted after insert on letterwatch.calendar
	referencing new table as new_rows
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_updated after update on letterwatch.calendar
	referencing old table as old_rows new table as new_rows
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_inserted after insert on letterwatch.calendar_list
	referencing new table as new_rows
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_inserted after insert on letterwatch.calendar_day
	referencing new table as new_rows
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_inserted after insert on letterwatch.rule
	referencing new table as new_rows
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_updated after update on letterwatch.rule
	referencing old table as old_rows new table as new_rows
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_deleted after delete on letterwatch.rule
	referencing old table as old_rows
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_changed after insert or update or delete on letterwatch.stage
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_changed after insert or update or delete on letterwatch.office
	for each statement execute function letterwatch.settings_changed();

do $$
begin
	if not exists (select from pg_trigger where tgrelid = 'letterwatch.settings_change'::regclass and tgname = 'settings_committed') then
		create constraint trigger settings_committed after insert on letterwatch.settings_change
			deferrable initially deferred
			for each row execute function letterwatch.settings_committed();
	end if;
end
$$;

-- The values that a row of rule has since; the rest of the row is the administrator's.
create or replace trigger rule_recorded before insert or update on letterwatch.rule
	for each row execute function letterwatch.rule_recorded();

-- Lists of holidays are evidence: a wrong one is followed by its next version.
create or replace trigger list_complete before insert on letterwatch.calendar_day
	for each row execute function letterwatch.list_complete();
create or replace trigger refuse_change before update on letterwatch.calendar_list
	for each row when (old.recorded_at < 'infinity')
	execute function letterwatch.refuse_change('Add the next version of the list.');
create or replace trigger refuse_delete before delete or truncate on letterwatch.calendar_list
	for each statement execute function letterwatch.refuse_change('Add the next version of the list.');
create or replace trigger refuse_change before update or delete or truncate on letterwatch.calendar_day
	for each statement execute function letterwatch.refuse_change('Add the next version of the list.');
create or replace trigger calendar_kept before update or delete on letterwatch.calendar
	for each row execute function letterwatch.calendar_kept();
