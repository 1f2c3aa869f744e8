-- list_complete(): trigger of calendar_day, before a row is inserted: the days of a list come in the transaction of the list
-- itself; it is complete when it comes into force. Refused: LW003 a list that is in force, LW002 one that is not there, LW001 a
-- day outside its year (days of the December before it may stand in it), a make-up day on a working day.
create or replace function letterwatch.list_complete() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	list record;
begin
	select l.recorded_in, c.parent, c.weekend into list
	from letterwatch.calendar_list l
	join letterwatch.calendar c on c.calendar = l.calendar
	where l.calendar = new.calendar and l.year = new.year and l.version = new.version;
	if not found then
		perform letterwatch.refuse('LW002', format('calendar %s has no list of %s, version %s', new.calendar, new.year, new.version),
			'Insert it into calendar_list first, in the same transaction.');
	elsif list.recorded_in <> pg_current_xact_id() then
		perform letterwatch.refuse('LW003', format('the list of calendar %s for %s, version %s, is in force already', new.calendar,
		                                           new.year, new.version),
			'Add the next version of the list, with all its days.');
	elsif new.day not between make_date(new.year - 1, 12, 1) and make_date(new.year, 12, 31) then
		perform letterwatch.refuse('LW001', format('%s is not a day of %s', new.day, new.year),
			'A list holds the days of its year, and may hold days of the December before.');
	elsif new.kind = 'work' and extract(isodow from new.day) <> all (list.weekend)
	      and (list.parent is null
	           or (select d.workday from letterwatch.calendar_date d where d.calendar = list.parent and d.day = new.day)) then
		perform letterwatch.refuse('LW001', format('%s is a make-up working day, but a working day anyhow', new.day),
			'Check the day: a make-up working day lies on a weekend.');
	end if;
	return new;
end
$$;
comment on function letterwatch.list_complete() is 'Keeps lists of holidays as they came.';
