-- sees_all() → boolean: whether no office is hidden from the invoker: administrators, the owner of the schema, superusers.
-- Callers: my_offices, my_clerk_offices, writes_all, sees_letter.
create or replace function letterwatch.sees_all() returns boolean
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	return pg_has_role(letterwatch.invoker(), 'letterwatch_admin', 'member')
	       or pg_has_role(letterwatch.invoker(), (select n.nspowner from pg_namespace n where n.nspname = 'letterwatch'), 'member');
end
$$;
comment on function letterwatch.sees_all() is 'Whether no office is hidden from the invoker.';
