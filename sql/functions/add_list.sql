-- add_list(calendar, year, source) → int: makes the days in this session's calendar_import the next version of that year's
-- list, and returns its number. All or nothing: LW001 names every fault that check_import finds; LW002 an unknown calendar.
-- Callers: import_calendar, preview_calendar.
create or replace function letterwatch.add_list(calendar text, year int, source text) returns int
language plpgsql volatile
as $$
declare
	faults text;
	next_version int;
begin
	if not exists (select from letterwatch.calendar c where c.calendar = add_list.calendar) then
		perform letterwatch.refuse('LW002', format('there is no calendar %s', calendar),
			'See: select calendar, title from letterwatch.calendar;');
	end if;
	if year is null or year not between 1900 and 2200 or coalesce(source, '') !~ '\S' then
		perform letterwatch.refuse('LW001', format('the list of calendar %s needs a year and a source', calendar),
			'The year it is for, and the notice that it comes from.');
	end if;
	select string_agg(case when f.line is null then f.fault else format('line %s: %s', f.line, f.fault) end, '; '
	                  order by f.line, f.fault)
	into faults
	from letterwatch.check_import(calendar, year) f;
	if faults is not null then
		perform letterwatch.refuse('LW001', format('the list of calendar %s for %s cannot be taken: %s', calendar, year, faults),
			'Nothing was loaded. Mend the file; delete from letterwatch.calendar_import; and copy it again.');
	end if;
	select coalesce(max(l.version), 0) + 1 into next_version
	from letterwatch.calendar_list l
	where l.calendar = add_list.calendar and l.year = add_list.year;
	insert into letterwatch.calendar_list (calendar, year, version, source)
	values ($1, $2, next_version, $3);
	insert into letterwatch.calendar_day (calendar, year, version, day, kind, holiday)
	select $1, $2, next_version, i.day::date, i.kind, i.holiday
	from letterwatch.calendar_import i
	where i.loaded_by = letterwatch.session_key();
	return next_version;
end
$$;
comment on function letterwatch.add_list(text, int, text) is 'Makes a session''s imported days the next version of a list.';
