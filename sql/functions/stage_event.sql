-- stage_event(): trigger in place of an insert into intake_event: puts the row among the lines; take_staged takes them.
create or replace function letterwatch.stage_event() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	insert into letterwatch.intake_event_line
		(letter_no, letter_ref, kind, occurred_at, rule, outcome, until, to_office, of_letter_no, of_event, unit, handler, channel,
		 approved_by, reason, informed_at, received_on, rule_set, source, source_ref, by_office, topic, leader)
	values
		(new.letter_no, new.letter_ref, new.kind, new.occurred_at, new.rule, new.outcome, new.until, new.to_office, new.of_letter_no,
		 new.of_event, new.unit, new.handler, new.channel, new.approved_by, new.reason, new.informed_at, new.received_on,
		 new.rule_set, new.source, new.source_ref, new.by_office, new.topic, new.leader);
	return new;
end
$$;
comment on function letterwatch.stage_event() is 'Puts an event among the lines that come in.';
