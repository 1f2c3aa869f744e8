-- check_duplicates(letters): refuses (LW003) what would make one of these letters, in the end, a duplicate of itself by way of
-- others: all of them would be closed, and nobody answered. Locks the originals.
-- Callers: event_inserted, where events make letters duplicates or are made void.
create or replace function letterwatch.check_duplicates(letters text[]) returns void
language plpgsql volatile
as $$
declare
	circle record;
begin
	perform from letterwatch.letter l
	where l.letter_no in (select d.duplicate_of from letterwatch.derive(letters) d)
	order by l.letter_no
	for no key update;
	with recursive named as (
		select d.letter_no, d.duplicate_of collate "C" as original, 1 as steps
		from letterwatch.derive(letters) d
		where d.duplicate_of is not null
		union
		select n.letter_no, s.duplicate_of, n.steps + 1
		from named n
		join letterwatch.letter_state s on s.letter_no = n.original
		where s.duplicate_of is not null and n.original <> n.letter_no and n.steps < 20
	)
	select n.letter_no, d.duplicate_of into circle
	from named n
	join letterwatch.derive(letters) d on d.letter_no = n.letter_no
	where n.original = n.letter_no
	limit 1;
	if found then
		perform letterwatch.refuse('LW003', format('letter %s: it would be a duplicate of itself, by way of letter %s', circle.letter_no,
		                                           circle.duplicate_of),
			format('See: select * from letterwatch.letter_history(%L);', circle.duplicate_of));
	end if;
end
$$;
comment on function letterwatch.check_duplicates(text[]) is 'Refuses letters that are duplicates of each other.';
