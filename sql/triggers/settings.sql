-- Triggers of the settings: calendars, rules, stages, offices.
create or replace trigger settings_changed after insert or update or delete on letterwatch.calendar
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_changed after insert or update or delete on letterwatch.calendar_list
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_changed after insert or update or delete on letterwatch.calendar_day
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_inserted after insert on letterwatch.rule
	referencing new table as changed_rules
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_updated after update on letterwatch.rule
	referencing old table as changed_rules new table as new_rules
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_deleted after delete on letterwatch.rule
	referencing old table as changed_rules
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_changed after insert or update or delete on letterwatch.stage
	for each statement execute function letterwatch.settings_changed();
create or replace trigger settings_changed after insert or update or delete on letterwatch.office
	for each statement execute function letterwatch.settings_changed();
