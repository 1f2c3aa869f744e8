-- writes_all() → boolean: whether the invoker may write for every office: who sees them all, and letterwatch_intake, which is a
-- service and not a person.
-- Callers: letter_inserted, event_inserted, petitioner_written, read_letters, read_events.
create or replace function letterwatch.writes_all() returns boolean
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	return letterwatch.sees_all() or pg_has_role(letterwatch.invoker(), 'letterwatch_intake', 'member');
end
$$;
comment on function letterwatch.writes_all() is 'Whether the invoker may write for every office.';
