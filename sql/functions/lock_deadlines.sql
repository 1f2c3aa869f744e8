-- lock_deadlines(letters) → tid[]: locks the deadlines of some letters FOR NO KEY UPDATE, in their order, and says where their rows
-- are, for as long as the transaction does not change them.
-- Callers: replan, which chooses how it is planned.
create or replace function letterwatch.lock_deadlines(letters text[]) returns tid[]
language plpgsql volatile
as $$
begin
	return array(
		select d.ctid
		from unnest(letters) u (letter_no)
		join letterwatch.deadline d on d.letter_no = u.letter_no
		order by d.letter_no, d.rule, d.since
		for no key update of d);
end
$$;
comment on function letterwatch.lock_deadlines(text[]) is 'Locks the deadlines of letters and says where their rows are.';
