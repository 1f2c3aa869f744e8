-- is_owner() → boolean: whether the invoker is the owner of the schema or a superuser, from whom the database itself hides nothing.
-- Callers: sees_all, my_clerk_offices.
create or replace function letterwatch.is_owner() returns boolean
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	return pg_has_role(letterwatch.invoker(), (select n.nspowner from pg_namespace n where n.nspname = 'letterwatch'), 'member');
end
$$;
comment on function letterwatch.is_owner() is 'Whether the invoker owns the schema.';
