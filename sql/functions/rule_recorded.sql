-- rule_recorded(): trigger of rule, before a row is inserted or changed: recorded_at becomes the moment.
create or replace function letterwatch.rule_recorded() returns trigger
language plpgsql volatile
as $$
begin
	new.recorded_at := letterwatch.clock();
	return new;
end
$$;
comment on function letterwatch.rule_recorded() is 'Notes when a rule got its present values.';
