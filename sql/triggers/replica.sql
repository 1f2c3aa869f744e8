-- Triggers of what comes by logical replication from another site (sql/replicate/), which fires only row triggers, and only those that
-- are enabled for it: none of these concerns what is written here.
create or replace trigger admit_office before insert or update or delete on letterwatch.office
	for each row execute function letterwatch.admit_office();
create or replace trigger office_replicated after insert or update or delete on letterwatch.office
	for each row execute function letterwatch.office_replicated();
create or replace trigger admit_letter before insert on letterwatch.letter
	for each row execute function letterwatch.admit_letter();
create or replace trigger queue_replicated after insert on letterwatch.letter
	for each row execute function letterwatch.queue_replicated();
create or replace trigger admit_event before insert on letterwatch.letter_event
	for each row execute function letterwatch.admit_event();
create or replace trigger queue_replicated after insert on letterwatch.letter_event
	for each row execute function letterwatch.queue_replicated();
create or replace trigger take_outgoing before insert on letterwatch.outgoing
	for each row execute function letterwatch.take_outgoing();
alter table letterwatch.office enable replica trigger admit_office, enable replica trigger office_replicated;
alter table letterwatch.letter enable replica trigger admit_letter, enable replica trigger queue_replicated;
alter table letterwatch.letter_event enable replica trigger admit_event, enable replica trigger queue_replicated;
alter table letterwatch.outgoing enable replica trigger take_outgoing;
