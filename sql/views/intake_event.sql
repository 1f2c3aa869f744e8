-- intake_event: the front door for events, to insert into: columns by name, most optional, checked as the functions are. For COPY
-- take letter_event, which has the same columns.
create or replace view letterwatch.intake_event as
select e.letter_no, e.kind, e.occurred_at, e.rule, e.outcome, e.until, e.to_office, e.of_letter_no, e.of_event, e.unit, e.handler,
       e.channel, e.approved_by, e.reason, e.informed_at, e.received_on, e.rule_set, e.source, e.source_ref,
       e.by_office, e.topic, e.leader
from letterwatch.letter_event e;
comment on view letterwatch.intake_event is 'Insert events here.';
