-- forget_petitioner(letter_no, reason): deletes the personal data of a letter's writer for good; who did it, when and why stays in
-- petitioner_forgotten. The letter itself, which has none, stays. For the clerks of the office in charge, and for administrators.
-- Errors: LW001 no reason; LW002 it has no data of its writer; those of check_letter.
-- Callers: people.
create or replace function letterwatch.forget_petitioner(letter_no text, reason text) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	perform letterwatch.check_letter($1, handled => not letterwatch.sees_all());
	if coalesce($2, '') !~ '\S' then
		perform letterwatch.refuse('LW001', format('letter %s: forgetting its writer needs a reason', $1),
			'Such as: asked by the writer.');
	end if;
	delete from letterwatch.petitioner p where p.letter_no = forget_petitioner.letter_no;
	if not found then
		perform letterwatch.refuse('LW002', format('letter %s has no data of its writer', $1),
			format('What was forgotten before: select * from letterwatch.letter_history(%L);', $1));
	end if;
	insert into letterwatch.petitioner_forgotten (letter_no, reason) values ($1, $2);
end
$$;
comment on function letterwatch.forget_petitioner(text, text) is 'Deletes the personal data of a letter''s writer, and notes that.';
