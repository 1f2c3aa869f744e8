-- record_notice(letter_no, handler, at, channel, outcome) → what the letter owes, as owes(): the writer was told that the letter
-- was received and who handles it. outcome (§§161–162): accepted, incomplete, referred, not_accepted; only an accepted letter owes
-- a reply. at: when it was sent, NULL for now. Errors: those of event_refusal.
-- Callers: people.
create or replace function letterwatch.record_notice(
	letter_no text, handler text default null, at timestamptz default null, channel text default 'post',
	outcome text default 'accepted')
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'notice', $3, outcome => $5, handler => $2, channel => $4)
$$;
comment on function letterwatch.record_notice(text, text, timestamptz, text, text) is
	'The 7-day notice was sent; returns what the letter owes.';
