-- intake_letter: the front door for letters, to insert into: columns by name, most optional, checked as register_letter does.
-- For COPY take letter, which has the same columns.
create or replace view letterwatch.intake_letter as
select l.letter_no, l.office_code, l.registry_no, l.received_at, l.received_on, l.channel, l.rule_set, l.title, l.source, l.source_ref
from letterwatch.letter l;
comment on view letterwatch.intake_letter is 'Insert letters here.';
