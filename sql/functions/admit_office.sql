-- admit_office(): trigger of office, before each row that replication changes. An office of this site is this site's alone: nothing comes
-- of what is sent of it. Of another that is here already, what is inserted becomes an update, so that all can be sent again.
create or replace function letterwatch.admit_office() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	if exists (select
	           from letterwatch.office_setting o
	           join letterwatch.planning p on p.site = o.site
	           where o.office_code = case when tg_op = 'INSERT' then new.office_code else old.office_code end) then
		return null;
	elsif tg_op = 'DELETE' then
		return old;
	elsif tg_op = 'UPDATE' then
		return new;
	end if;
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
