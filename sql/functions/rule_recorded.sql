-- rule_recorded(): trigger of rule, before a row is inserted or changed: recorded_at becomes infinity, until stamp_settings says when
-- the row came into force; nobody dates it back.
create or replace function letterwatch.rule_recorded() returns trigger
language plpgsql volatile
as $$
begin
	new.recorded_at := case old.recorded_at when 'infinity' then greatest(new.recorded_at, letterwatch.clock()) else 'infinity' end;
	return new;
end
$$;
comment on function letterwatch.rule_recorded() is 'Notes when a rule got its present values.';
