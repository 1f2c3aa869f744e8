-- transfer_letter(letter_no, to_office, reason, at) → what the letter owes, as owes(): the letter is another office's. What a
-- rule owes after it is rule.on_transfer: a new notice by the receiving office, from the day it receives it; the reply keeps
-- its first start. Unit and handler are open again. Errors: LW002 an unknown office; those of event_refusal.
-- Callers: people.
create or replace function letterwatch.transfer_letter(
	letter_no text, to_office text, reason text default null, at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'transfer', $4, to_office => $2, reason => $3)
$$;
comment on function letterwatch.transfer_letter(text, text, text, timestamptz) is
	'Hands a letter to another office; returns what it owes.';
