-- intake_day(value) → date: reads a day as intake_moment does; NULL: not readable, as is a day with a time.
-- Callers: read_letters, read_events.
create or replace function letterwatch.intake_day(value text) returns date
language sql stable
as $$
	select case when value !~ ':' then (letterwatch.intake_moment(value, 'UTC') at time zone 'UTC')::date end
$$;
comment on function letterwatch.intake_day(text) is 'Reads a day; NULL: not readable.';
