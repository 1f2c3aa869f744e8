-- intake_known: the numbers under which letters and events came from their sources, and nothing else of them.
create or replace view letterwatch.intake_known as
select 'letter' as what, l.source, l.source_ref
from letterwatch.letter l
where l.source is not null
union all
select 'event', e.source, e.source_ref
from letterwatch.letter_event e
where e.source is not null;
comment on view letterwatch.intake_known is 'Which numbers of which sources are here.';
