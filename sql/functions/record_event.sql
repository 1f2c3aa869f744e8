-- record_event(letter_no, kind, at, outcome, unit, handler, channel, reason) → what the letter owes, as owes(): adds one event.
-- at NULL: now. Errors: those of refuse_event.
-- Callers: the functions for people, one for each kind of event.
create or replace function letterwatch.record_event(
	letter_no text, kind text, at timestamptz, outcome text default null, unit text default null, handler text default null,
	channel text default null, reason text default null)
returns setof letterwatch.owed
language plpgsql volatile
as $$
begin
	insert into letterwatch.letter_event (letter_no, kind, occurred_at, outcome, unit, handler, channel, reason)
	values ($1, $2, coalesce($3, letterwatch.clock()), $4, $5, $6, $7, $8);
	return query select * from letterwatch.owes($1);
end
$$;
comment on function letterwatch.record_event(text, text, timestamptz, text, text, text, text, text) is
	'Adds an event; returns what the letter owes.';
