-- new_letter_no() → text: the number of a letter that came without one, such as L2026-0000042. The year is that of the
-- session's time zone, and only for the reader: the counter never starts again.
-- Callers: default of letter.letter_no; register_letter, read_letters.
create or replace function letterwatch.new_letter_no() returns text
language plpgsql volatile
as $$
begin
	return format('L%s-%s', to_char(letterwatch.clock(), 'YYYY'),
	              lpad(nextval('letterwatch.letter_no_seq')::text, 7, '0'));
end
$$;
comment on function letterwatch.new_letter_no() is 'A fresh letter number.';
