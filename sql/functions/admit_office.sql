-- admit_office(): trigger of office, before each row that replication inserts: of an office that is here already, the row becomes what
-- is sent. So all offices can be sent again.
create or replace function letterwatch.admit_office() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	update letterwatch.office o
	set name = new.name, parent_code = new.parent_code, time_zone = new.time_zone, calendar = new.calendar,
	    rule_set = new.rule_set, day_begins = new.day_begins, site = new.site
	where o.office_code = new.office_code and o is distinct from new;
	if exists (select from letterwatch.office o where o.office_code = new.office_code) then
		return null;
	end if;
	return new;
end
$$;
comment on function letterwatch.admit_office() is 'Takes an office that replication brings.';
