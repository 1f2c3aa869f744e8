-- my_offices() → rows: the codes of the offices whose letters the invoker may see: a clerk's own offices, a reader's own and all
-- below them, for administrators all. In conditions it stands as `office_code in (select letterwatch.my_offices())`.
-- Callers: views; policies of row security.
create or replace function letterwatch.my_offices() returns setof text
language sql stable parallel safe security definer rows 100
set search_path = pg_catalog, letterwatch, pg_temp
as $$
	select s.office_code
	from letterwatch.office_setting s
	where letterwatch.sees_all()
	union
	select m.office_code
	from letterwatch.office_member m
	where m.db_role in (select letterwatch.my_roles())
	union
	select s.office_code
	from letterwatch.office_member m
	join letterwatch.office_setting s on s.path @> array[m.office_code::text]
	where m.duty = 'reader' and m.db_role in (select letterwatch.my_roles())
$$;
comment on function letterwatch.my_offices() is 'The offices whose letters the session may see.';
