-- reopen_letter(letter_no, reason, at) → what the letter owes, as owes(): a closed letter is handled again. What is owed counts
-- from the day of recording (rule.on_reopen): it is never overdue at once, however far back `at` lies. Errors: those of
-- event_refusal.
-- Callers: people.
create or replace function letterwatch.reopen_letter(
	letter_no text, reason text, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'reopen', $3, reason => $2)
$$;
comment on function letterwatch.reopen_letter(text, text, timestamptz) is
	'A closed letter is handled again; returns what it owes.';
