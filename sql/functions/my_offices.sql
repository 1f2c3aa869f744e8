-- my_offices() → rows: the codes of the offices whose letters the invoker may see: a clerk's own offices, a reader's own and all
-- below them, for administrators all; one may come twice. In conditions it stands as
-- `office_code in (select letterwatch.my_offices())`.
-- Callers: views; policies of row security; event_inserted, sees_letter, workload, reply_rate_tree.
create or replace function letterwatch.my_offices() returns setof text
language plpgsql stable security definer parallel safe rows 20
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	roles text[];
	read_from text[];
begin
	if letterwatch.sees_all() then
		return query select s.office_code::text from letterwatch.office_setting s;
		return;
	end if;
	roles := array(select letterwatch.my_roles());
	return query select m.office_code::text from letterwatch.office_member m where m.db_role = any (roles);
	read_from := array(select m.office_code::text from letterwatch.office_member m where m.db_role = any (roles) and m.duty = 'reader');
	if cardinality(read_from) > 0 then
		return query select s.office_code::text from letterwatch.office_setting s where s.path && read_from;
	end if;
end
$$;
comment on function letterwatch.my_offices() is 'The offices whose letters the session may see.';
