-- my_clerk_offices() → rows: the codes of the offices whose letters the invoker handles, and so sees with title and writer: a
-- clerk's own offices; for administrators all.
-- Callers: views; policies of row security.
create or replace function letterwatch.my_clerk_offices() returns setof text
language sql stable parallel safe security definer rows 10
set search_path = pg_catalog, letterwatch, pg_temp
as $$
	select s.office_code
	from letterwatch.office_setting s
	where letterwatch.sees_all()
	union
	select m.office_code
	from letterwatch.office_member m
	where m.duty = 'clerk' and m.db_role in (select letterwatch.my_roles())
$$;
comment on function letterwatch.my_clerk_offices() is 'The offices whose letters the session handles.';
