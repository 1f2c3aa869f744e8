-- intake_day(value) → date: reads a day as intake_moment does; NULL: not readable, as is a day with a time.
-- Inlined where it is called: the most frequent form costs no call.
-- Callers: read_letters, read_events.
create or replace function letterwatch.intake_day(value text) returns date
language sql stable
as $$
	select case
	       when value ~ '^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$' then value::date
	       when value !~ ':' then (letterwatch.intake_moment(value, 'UTC') at time zone 'UTC')::date end
$$;
comment on function letterwatch.intake_day(text) is 'Reads a day; NULL: not readable.';
