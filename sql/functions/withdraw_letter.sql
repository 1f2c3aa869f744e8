-- withdraw_letter(letter_no, reason, at) → what the letter owes, as owes(): the writer took it back. Errors: those of
-- event_refusal.
-- Callers: people.
create or replace function letterwatch.withdraw_letter(
	letter_no text, reason text default null, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'withdraw', $3, reason => $2)
$$;
comment on function letterwatch.withdraw_letter(text, text, timestamptz) is
	'The writer took the letter back; returns what it owes.';
