-- my_clerk_offices() → rows: the codes of the offices whose letters the invoker handles, and so sees with title and writer: a
-- clerk's own offices; for the owner all, but not for administrators; one may come twice.
-- Callers: views; letter_inserted, event_inserted, petitioner_written, handles_letter, read_events.
create or replace function letterwatch.my_clerk_offices() returns setof text
language plpgsql stable security definer parallel safe rows 10
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	if letterwatch.is_owner() then
		return query select s.office_code::text from letterwatch.office_setting s;
		return;
	end if;
	if not pg_has_role(letterwatch.invoker(), 'letterwatch_clerk', 'member') then
		return; -- a reader, whatever stands in office_member
	end if;
	return query
	select m.office_code::text
	from letterwatch.office_member m
	where m.db_role = any (array(select letterwatch.my_roles())) and m.duty = 'clerk';
end
$$;
comment on function letterwatch.my_clerk_offices() is 'The offices whose letters the session handles.';
