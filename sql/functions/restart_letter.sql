-- restart_letter(letter_no, reason, at) → what the letter owes, as owes(): the missing material that a notice `incomplete`
-- asked for is complete: the reply counts from that day (§162). The notice was met by asking. Errors: those of event_refusal.
-- Callers: people.
create or replace function letterwatch.restart_letter(
	letter_no text, reason text default null, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'restart', $3, reason => $2)
$$;
comment on function letterwatch.restart_letter(text, text, timestamptz) is
	'The missing material is complete; returns what the letter owes.';
