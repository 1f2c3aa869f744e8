-- handles_letter(letter_no) → boolean: whether the invoker is a clerk of the office in charge of a letter, or the owner of the schema.
-- Callers: the policy of petitioner; check_letter, letter_history.
create or replace function letterwatch.handles_letter(letter_no text) returns boolean
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	return exists (
		select
		from letterwatch.letter_state s
		where s.letter_no = handles_letter.letter_no and s.office_code in (select letterwatch.my_clerk_offices()));
end
$$;
comment on function letterwatch.handles_letter(text) is 'Whether the invoker handles a letter.';
