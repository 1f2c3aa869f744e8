-- sees_all() → boolean: whether no office is hidden from the invoker: administrators, the owner of the schema, superusers.
-- Callers: my_offices, my_clerk_offices.
create or replace function letterwatch.sees_all() returns boolean
language sql stable parallel safe security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
	select exists (
		select
		from pg_roles r
		where r.rolname = letterwatch.invoker() and r.rolsuper
		   or r.rolname in (select letterwatch.my_roles())
		      and (r.rolname = 'letterwatch_admin' or r.oid = (select n.nspowner from pg_namespace n where n.nspname = 'letterwatch')))
$$;
comment on function letterwatch.sees_all() is 'Whether no office is hidden from the invoker.';
