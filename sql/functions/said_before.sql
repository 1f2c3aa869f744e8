-- said_before(letter_no, source) → intake_said: what a source has said of a letter since it came: the latest day of receipt, unit
-- and handler (NULL: nothing), and how often it has corrected and assigned it.
-- Callers: read_letters.
create or replace function letterwatch.said_before(letter_no text, source text) returns letterwatch.intake_said
language sql stable
as $$
	select row(count(*) filter (where e.kind = 'correct'),
	           count(*) filter (where e.kind = 'assign'),
	           (array_agg(e.received_on order by e.event_id desc) filter (where e.received_on is not null))[1],
	           (array_agg(e.unit order by e.event_id desc) filter (where e.unit is not null))[1],
	           (array_agg(e.handler order by e.event_id desc) filter (where e.handler is not null))[1])::letterwatch.intake_said
	from letterwatch.letter_event e
	where e.letter_no = said_before.letter_no and e.source = said_before.source
$$;
comment on function letterwatch.said_before(text, text) is 'What a source has said of a letter since it came.';
