-- Triggers of the front doors, intake_letter and intake_event.
create or replace trigger stage_letter instead of insert on letterwatch.intake_letter
	for each row execute function letterwatch.stage_letter();
create or replace trigger take_staged after insert on letterwatch.intake_letter
	for each statement execute function letterwatch.take_staged('letter');
create or replace trigger stage_event instead of insert on letterwatch.intake_event
	for each row execute function letterwatch.stage_event();
create or replace trigger take_staged after insert on letterwatch.intake_event
	for each statement execute function letterwatch.take_staged('event');
