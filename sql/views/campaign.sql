-- campaign: how far the orders of one topic have come, by office, the worst first. Of several orders for one letter the last one
-- counts. A letter is cleared when its office has reported the result; a report of progress leaves it.
create or replace view letterwatch.campaign with (security_barrier) as
select c.topic, c.office_code, c.office_name, count(*) as letters,
       count(*) filter (where c.outcome = 'result') as cleared,
       count(*) filter (where c.outcome is distinct from 'result') as "left",
       count(*) filter (where c.state = 'open' and c.days_late is not null) as overdue,
       trunc(100.0 * count(*) filter (where c.outcome = 'result') / count(*), 1) as percent
from (
	select distinct on (s.topic, s.letter_no) s.*
	from letterwatch.supervision s
	where s.topic is not null
	order by s.topic, s.letter_no, s.ordered_on desc, s.event_id desc
) c
group by c.topic, c.office_code, c.office_name
order by c.topic, percent, "left" desc, c.office_code;
comment on view letterwatch.campaign is 'How far the orders of one topic have come, by office, the worst first.';
comment on column letterwatch.campaign.cleared is 'Letters whose result was reported.';
comment on column letterwatch.campaign."left" is 'The others, whether or not their report waits.';
comment on column letterwatch.campaign.overdue is 'Letters whose report waits after its last day.';
comment on column letterwatch.campaign.percent is 'cleared of letters, cut off to one decimal, never rounded up.';
