-- my_roles() → rows: the invoker and every role that it is a member of, at any remove.
-- Callers: my_offices, my_clerk_offices, sees_all.
create or replace function letterwatch.my_roles() returns setof text
language sql stable parallel safe security definer rows 5
set search_path = pg_catalog, letterwatch, pg_temp
as $$
	with recursive mine as (
		select r.oid
		from pg_roles r
		where r.rolname = letterwatch.invoker()
		union
		select m.roleid
		from mine
		join pg_auth_members m on m.member = mine.oid
	)
	select r.rolname::text
	from mine
	join pg_roles r on r.oid = mine.oid
$$;
comment on function letterwatch.my_roles() is 'The invoker and every role that it is a member of.';
