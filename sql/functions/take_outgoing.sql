-- take_outgoing(): trigger of outgoing, before each row that replication inserts: takes in what the site above hands down, offices,
-- letter and events, as if each had been sent by itself; what is here already stays. The row itself is not kept. A letter that came
-- to an office of another site gets origin_letter_no, so that it is not sent up again. A calendar or rule set that is not known here
-- is left to what the office above has.
create or replace function letterwatch.take_outgoing() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	taken letterwatch.letter := jsonb_populate_record(null::letterwatch.letter, new.letter);
begin
	insert into letterwatch.office (office_code, name, parent_code, time_zone, calendar, rule_set, day_begins, site)
	select o.office_code, o.name, o.parent_code, o.time_zone, c.calendar, r.rule_set, o.day_begins, o.site
	from jsonb_populate_recordset(null::letterwatch.office, new.offices) o
	left join letterwatch.calendar c on c.calendar = o.calendar
	left join letterwatch.rule_set r on r.rule_set = o.rule_set;

	if not exists (select from letterwatch.office_setting o
	               cross join letterwatch.planning p
	               where o.office_code = taken.office_code and p.site = any (o.sites)) then
		taken.origin_letter_no := taken.letter_no;
	end if;
	insert into letterwatch.letter
	select taken.*;
	insert into letterwatch.letter_event
	select * from jsonb_populate_recordset(null::letterwatch.letter_event, new.events);
	return null;
end
$$;
comment on function letterwatch.take_outgoing() is 'Takes what the site above hands down.';
