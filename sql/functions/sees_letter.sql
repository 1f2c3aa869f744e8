-- sees_letter(letter_no) → boolean: whether the invoker may ask about a letter: it is, or once was, with an office that it may
-- see, or such an office ordered a report on it. Who hands a letter on may still look at it, and
-- so may whoever had it by a slip that was made void: it was seen there.
-- Callers: check_letter, void_event, read_letters, read_events.
create or replace function letterwatch.sees_letter(letter_no text) returns boolean
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	-- A clerk's own letter: after each event, so without gathering all offices.
	if exists (select
	           from letterwatch.letter_state s
	           join letterwatch.office_member m on m.office_code = s.office_code and m.db_role = letterwatch.invoker()
	           where s.letter_no = sees_letter.letter_no) then
		return true;
	end if;
	return letterwatch.sees_all() or exists (
		select
		from (
			select l.office_code
			from letterwatch.letter l
			where l.letter_no = sees_letter.letter_no
			union all
			select o.office_code
			from letterwatch.letter_event e
			cross join unnest(array[e.to_office, e.by_office]) o (office_code)
			where e.letter_no = sees_letter.letter_no
		) o
		where o.office_code in (select letterwatch.my_offices()));
end
$$;
comment on function letterwatch.sees_letter(text) is 'Whether the invoker may ask about a letter.';
