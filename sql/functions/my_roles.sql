-- my_roles() → rows: the invoker and every role that it is a member of, at any remove. In plpgsql, as the functions that call it:
-- its plan is kept, where an SQL function would be planned at each call.
-- Callers: my_offices, my_clerk_offices.
create or replace function letterwatch.my_roles() returns setof text
language plpgsql stable security definer parallel safe rows 5
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	return query
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
	join pg_roles r on r.oid = mine.oid;
end
$$;
comment on function letterwatch.my_roles() is 'The invoker and every role that it is a member of.';
