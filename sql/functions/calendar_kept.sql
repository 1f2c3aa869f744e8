-- calendar_kept(): trigger of calendar, before a row is changed or removed: what decides days of a calendar that has lists, or
-- that offices follow, stays as it is: past deadlines were counted by it. Its title may change. Of one that goes, or is called
-- otherwise, the derived days go too.
create or replace function letterwatch.calendar_kept() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	if (tg_op = 'DELETE' or (old.calendar, old.parent, old.weekend, old.needs_list) is distinct from
	                        (new.calendar, new.parent, new.weekend, new.needs_list))
	   and (exists (select from letterwatch.calendar_list l where l.calendar = old.calendar)
	        or exists (select from letterwatch.office_setting o where o.calendar = old.calendar)
	        or exists (select from letterwatch.calendar c where c.parent = old.calendar)) then
		perform letterwatch.refuse('LW003', format('calendar %s is in use', old.calendar),
			'Make another calendar and give it to the offices: what is closed keeps the one it was judged by.');
	end if;
	if tg_op = 'DELETE' or old.calendar <> new.calendar then
		delete from letterwatch.calendar_date d where d.calendar = old.calendar;
	end if;
	return case tg_op when 'DELETE' then old else new end;
end
$$;
comment on function letterwatch.calendar_kept() is 'Keeps what decides the days of a calendar in use.';
