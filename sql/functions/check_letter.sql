-- check_letter(letter_no, handled DEFAULT false): refuses (LW002) a letter that is not there and (42501) one that the invoker may
-- not ask about, or, handled, does not handle. Of such a letter nothing else is told.
-- Callers: owes, letter_history, explain_deadline; forget_petitioner, notice_text.
create or replace function letterwatch.check_letter(letter_no text, handled boolean default false) returns void
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	if not exists (select from letterwatch.letter l where l.letter_no = check_letter.letter_no) then
		perform letterwatch.refuse('LW002', format('there is no letter %s', $1), 'See: select letter_no from letterwatch.letter_status;');
	elsif not (case when handled then letterwatch.handles_letter($1) else letterwatch.sees_letter($1) end) then
		perform letterwatch.refuse_foreign(format('letter %s', $1));
	end if;
end
$$;
comment on function letterwatch.check_letter(text, boolean) is 'Refuses letters that the invoker may not ask about.';
