-- record_event(letter_no, kind, at, …) → what the letter owes, as owes(): adds one event; the arguments are columns of
-- letter_event. at NULL: now. Errors: those of event_refusal and check_extensions.
-- Callers: the functions for people, one for each kind of event.
create or replace function letterwatch.record_event(
	letter_no text, kind text, at timestamptz, outcome text default null, unit text default null, handler text default null,
	channel text default null, reason text default null, rule text default null, until date default null,
	to_office text default null, of_letter_no text default null, of_event bigint default null, approved_by text default null,
	informed_at timestamptz default null, received_on date default null, rule_set text default null, by_office text default null,
	topic text default null, leader text default null)
returns setof letterwatch.owed
language plpgsql volatile
as $$
begin
	insert into letterwatch.letter_event
		(letter_no, kind, occurred_at, outcome, unit, handler, channel, reason, rule, until, to_office, of_letter_no, of_event,
		 approved_by, informed_at, received_on, rule_set, by_office, topic, leader)
	values ($1, $2, coalesce($3, letterwatch.clock()), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
		$18, $19, $20);
	return query select * from letterwatch.owes($1);
end
$$;
comment on function letterwatch.record_event(text, text, timestamptz, text, text, text, text, text, text, date, text, text, bigint,
                                             text, timestamptz, date, text, text, text, text) is
	'Adds an event; returns what the letter owes.';
