-- make_editions(calendars, untils): keeps, of each calendar, the edition that was replaced at each of those moments, where a
-- list of its own or of an ancestor came at that moment (infinity: comes now), and it is not kept yet.
-- Callers: rebuild_calendars, know_since.
create or replace function letterwatch.make_editions(calendars text[], untils timestamptz[]) returns void
language plpgsql volatile
as $$
declare
	made record;
begin
	for made in -- few: one for each calendar that a list concerns
		with recursive lineage as (
			select c.calendar, c.calendar as ancestor, c.parent
			from letterwatch.calendar c
			where c.calendar = any (calendars)
			union
			select l.calendar, p.calendar, p.parent
			from lineage l
			join letterwatch.calendar p on p.calendar = l.parent
		)
		insert into letterwatch.calendar_edition (edition, calendar, until)
		select format('%s@%s', x.calendar, (select count(*) from letterwatch.calendar_edition e where e.calendar = x.calendar)
		                                   + row_number() over (partition by x.calendar order by x.until)),
		       x.calendar, x.until
		from (
			select distinct l.calendar, n.recorded_at as until
			from lineage l
			join letterwatch.calendar_list n on n.calendar = l.ancestor and n.recorded_at = any (untils)
		) x
		where not exists (select from letterwatch.calendar_edition e where e.calendar = x.calendar and e.until = x.until)
		returning edition, calendar, until
	loop
		insert into letterwatch.calendar_date (calendar, day, workday, workdays, next_workday, settled, unsettled, holiday)
		select made.edition, d.day, d.workday, d.workdays, d.next_workday, d.settled, d.unsettled, d.holiday
		from letterwatch.derive_calendar(array[made.calendar], made.until) d;
	end loop;
end
$$;
comment on function letterwatch.make_editions(text[], timestamptz[]) is 'Keeps calendars as they were before a list came.';
