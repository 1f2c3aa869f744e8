-- Triggers of letter_event.
create or replace trigger malformed_letter_no before insert on letterwatch.letter_event
	for each row when (new.letter_no is null)
	execute function letterwatch.refuse_malformed('an event without a letter_no',
		'Give the number of the letter that it belongs to.');
create or replace trigger malformed_kind before insert on letterwatch.letter_event
	for each row when (new.kind is null)
	execute function letterwatch.refuse_malformed('an event without a kind',
		'See: select distinct kind from letterwatch.transition;');
create or replace trigger malformed_source before insert on letterwatch.letter_event
	for each row when ((new.source is null) <> (new.source_ref is null))
	execute function letterwatch.refuse_malformed('an event with only one of source and source_ref',
		'Give both or none.');
create or replace trigger malformed_null before insert on letterwatch.letter_event
	for each row when (new.occurred_at is null or new.recorded_at is null)
	execute function letterwatch.refuse_malformed('an event whose occurred_at or recorded_at is NULL',
		'Leave it out: it is now.');
create or replace trigger event_inserted after insert on letterwatch.letter_event
	referencing new table as new_events
	for each statement execute function letterwatch.event_inserted();
create or replace trigger refuse_change before update or delete or truncate on letterwatch.letter_event
	for each statement execute function letterwatch.refuse_change();
