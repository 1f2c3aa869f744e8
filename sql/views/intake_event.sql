-- intake_event: the front door for events, to insert into by INSERT and COPY: as intake_letter is for letters.
create or replace view letterwatch.intake_event as
select l.letter_no, l.letter_ref, l.kind, l.occurred_at, l.rule, l.outcome, l.until, l.to_office, l.of_letter_no, l.of_event, l.unit,
       l.handler, l.channel, l.approved_by, l.reason, l.informed_at, l.received_on, l.rule_set, l.source, l.source_ref, l.by_office,
       l.topic, l.leader
from letterwatch.intake_event_line l
where false;
comment on view letterwatch.intake_event is 'Insert events here.';
comment on column letterwatch.intake_event.letter_ref is 'In place of letter_no: the source_ref of the letter, of the same source.';
comment on column letterwatch.intake_event.occurred_at is 'When it happened, written as in intake_letter; without it: now.';
comment on column letterwatch.intake_event.source_ref is 'Its number in its source. The same number again adds nothing.';
