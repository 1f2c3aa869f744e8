-- rule_recorded(): trigger of rule, before a row is inserted or changed: recorded_at becomes infinity, until stamp_settings says when
-- the row came into force. (That runs as the owner; nobody else can date a row.)
create or replace function letterwatch.rule_recorded() returns trigger
language plpgsql volatile
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	if old.recorded_at is distinct from 'infinity'
	   or not pg_has_role((select c.relowner from pg_class c where c.oid = tg_relid), 'member') then
		new.recorded_at := 'infinity';
	end if;
	return new;
end
$$;
comment on function letterwatch.rule_recorded() is 'Notes when a rule got its present values.';
