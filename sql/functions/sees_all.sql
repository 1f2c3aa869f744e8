-- sees_all() → boolean: whether no office is hidden from the invoker: administrators, the owner of the schema, superusers.
-- Callers: my_offices, writes_all, sees_letter, letter_history, forget_petitioner, refuse_baseline.
create or replace function letterwatch.sees_all() returns boolean
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	return pg_has_role(letterwatch.invoker(), 'letterwatch_admin', 'member') or letterwatch.is_owner();
end
$$;
comment on function letterwatch.sees_all() is 'Whether no office is hidden from the invoker.';
