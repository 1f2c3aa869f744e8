-- new_letter_no() → text: the number of a letter that came without one, such as L2026-0000042, at site 3 L2026-3-0000042. The year is that of the
-- session's time zone, and only for the reader: the counter never starts again, and passes over
-- a number that somebody has given by hand.
-- Callers: default of letter.letter_no; register_letter, read_letters.
create or replace function letterwatch.new_letter_no() returns text
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	made text;
	n text;
begin
	loop
		n := nextval('letterwatch.letter_no_seq');
		made := format('L%s-%s%s', to_char(letterwatch.clock(), 'YYYY'),
		               (select p.site || '-' from letterwatch.planning p where p.site > 0), lpad(n, greatest(7, length(n)), '0'));
		exit when not exists (select from letterwatch.letter l where l.letter_no = made);
	end loop;
	return made;
end
$$;
comment on function letterwatch.new_letter_no() is 'A fresh letter number.';
