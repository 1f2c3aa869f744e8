-- resume_letter(letter_no, at) → what the letter owes, as owes(): that day is the first to count again. Errors: those of
-- event_refusal.
-- Callers: people.
create or replace function letterwatch.resume_letter(
	letter_no text, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'resume', $2)
$$;
comment on function letterwatch.resume_letter(text, timestamptz) is
	'The time goes on; returns what the letter owes.';
