-- rebuild_calendars(calendars) → daterange: derives calendar_date of some calendars again. Returns the span of days that count
-- otherwise than before (worked or not, settled or not); empty: none.
-- Where a list is new and there are letters already, the calendar as it was before stays as an edition.
-- Its statistics are taken at once: without them a claim read the whole calendar for each deadline.
-- Callers: apply_settings, preview.
create or replace function letterwatch.rebuild_calendars(calendars text[]) returns daterange
language plpgsql volatile
as $$
declare
	days daterange;
begin
	if cardinality(calendars) = 0 then
		return 'empty';
	end if;
	if exists (select from letterwatch.letter) then
		perform letterwatch.make_editions(calendars, array['infinity'::timestamptz]);
	end if;

	with derived as materialized (
		select * from letterwatch.derive_calendar(calendars, null)
	), differs as (
		select d.*, t.day is not null and (t.workday, t.next_workday, t.settled) is distinct from (d.workday, d.next_workday, d.settled)
		       	as counts_otherwise
		from derived d
		left join letterwatch.calendar_date t on t.calendar = d.calendar and t.day = d.day
		where (t.workday, t.workdays, t.next_workday, t.settled, t.unsettled, t.holiday) is distinct from
		      (d.workday, d.workdays, d.next_workday, d.settled, d.unsettled, d.holiday)
	), written as (
		insert into letterwatch.calendar_date as t
			(calendar, day, workday, workdays, next_workday, settled, unsettled, holiday)
		select calendar, day, workday, workdays, next_workday, settled, unsettled, holiday
		from differs
		on conflict (calendar, day) do update
		set (workday, workdays, next_workday, settled, unsettled, holiday) =
			(excluded.workday, excluded.workdays, excluded.next_workday, excluded.settled, excluded.unsettled,
			 excluded.holiday)
	)
	select daterange(min(d.day), max(d.day), '[]') into days
	from differs d
	where d.counts_otherwise;
	analyze letterwatch.calendar_date;
	return case when lower_inf(days) then 'empty' else days end;
end
$$;
comment on function letterwatch.rebuild_calendars(text[]) is 'Derives calendar_date from the calendars and their lists.';
