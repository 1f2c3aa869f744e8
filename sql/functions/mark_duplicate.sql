-- mark_duplicate(letter_no, of_letter_no, at) → what the letter owes, as owes(): it says what letter of_letter_no says, where
-- it is answered. Errors: LW002 no such original; LW003 that is a duplicate itself; those of event_refusal.
-- Callers: people.
create or replace function letterwatch.mark_duplicate(
	letter_no text, of_letter_no text, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'duplicate', $3, of_letter_no => $2)
$$;
comment on function letterwatch.mark_duplicate(text, text, timestamptz) is
	'A letter is a duplicate; returns what it owes.';
