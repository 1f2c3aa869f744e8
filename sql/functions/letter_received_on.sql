-- letter_received_on(): trigger of letter, before a row without received_on is inserted: the office's local date of received_at,
-- or of the present moment. An unknown office is left to letter_inserted, which says so.
create or replace function letterwatch.letter_received_on() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	new.received_at := coalesce(new.received_at, letterwatch.clock());
	new.received_on := (new.received_at at time zone coalesce(
		(select s.time_zone from letterwatch.office_setting s where s.office_code = new.office_code),
		current_setting('TimeZone')))::date;
	return new;
end
$$;
comment on function letterwatch.letter_received_on() is 'Fills in the day of receipt.';
