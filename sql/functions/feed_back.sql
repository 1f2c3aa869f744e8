-- feed_back(letter_no, outcome, at) → what the letter owes, as owes(): the office in charge has reported to whoever ordered it,
-- with the result (outcome result) or the course of the handling (progress). It answers every order that waited at that moment:
-- one report goes to all who asked. at: when, NULL for now. Errors: LW001 another outcome; LW003 no order waits; those of
-- event_refusal.
-- Callers: people.
create or replace function letterwatch.feed_back(
	letter_no text, outcome text default 'result', at timestamptz default null)
returns setof letterwatch.owed
language sql volatile
as $$
	select * from letterwatch.record_event($1, 'feedback', $3, outcome => $2)
$$;
comment on function letterwatch.feed_back(text, text, timestamptz) is
	'Reports on a letter as ordered; returns what it owes.';
