-- status_after(kind, outcome, transitions order by …) → text: aggregate; the status of a letter after a sequence of events.
-- Callers: event_sequence.
create or replace aggregate letterwatch.status_after(kind text, outcome text, transitions jsonb) (
	sfunc = letterwatch.next_status,
	stype = text,
	initcond = 'registered'
);
comment on aggregate letterwatch.status_after(text, text, jsonb) is 'The status of a letter after its events.';
