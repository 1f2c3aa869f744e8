-- exempt_letter(letter_no, reason, at) → what the letter owes, as owes(): nobody can be answered: anonymous, no_address,
-- unreachable (table term). What is open is exempt: no more alerts, not in the rates, still listed. Errors: LW001 another
-- reason; those of event_refusal.
-- Callers: people.
create or replace function letterwatch.exempt_letter(
	letter_no text, reason text, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'exempt', $3, reason => $2)
$$;
comment on function letterwatch.exempt_letter(text, text, timestamptz) is
	'Nobody can be answered; returns what the letter owes.';
