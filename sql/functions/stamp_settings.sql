-- stamp_settings(moment): the moment at which the settings that this transaction has changed come into force, wherever that is noted:
-- until then recorded_at and until are infinity. It stands in planning, by whose change lock_planning knows that an older snapshot is
-- of older settings.
-- Callers: apply_settings, preview.
create or replace function letterwatch.stamp_settings(moment timestamptz) returns void
language sql volatile
as $$
	update letterwatch.calendar_list l set recorded_at = moment where l.recorded_at = 'infinity';
	update letterwatch.calendar_edition e set until = moment where e.until = 'infinity';
	update letterwatch.office_setting_past s set until = moment where s.until = 'infinity';
	update letterwatch.rule r set recorded_at = moment where r.recorded_at = 'infinity';
	update letterwatch.rule_past r set until = moment where r.until = 'infinity';
	update letterwatch.planning p set settings_changed_at = greatest(p.settings_changed_at, moment);
$$;
comment on function letterwatch.stamp_settings(timestamptz) is 'Notes when changed settings come into force.';
