-- extension_faults(events, as_of) → rows: of extensions, given by their event_id, the day, the rule and its last day without the
-- extension, how far it could be extended, and what is wrong with it; fault NULL: nothing. not open: there is nothing that it could
-- extend; suspended; extended: it had been before; ended: its end had come, office hours counted; no later: than the last day it has
-- anyhow; limit: the rule's, counted from the end without the extension. as_of: as in derive.
-- Callers: check_extensions.
create or replace function letterwatch.extension_faults(events bigint[], as_of timestamptz default null)
returns table (letter_no text, event_id bigint, rule text, until date, on_day date, own_due_on date, limit_on date, fault text)
language sql stable
as $$
	select e.letter_no, e.event_id, e.rule, e.until, e.on_day, d.due_on as own_due_on, d.limit_on,
	       case
	       when d.letter_no is null then 'not open'
	       when d.own_end_on is null then 'suspended'
	       when cardinality(d.extensions) > 1 then 'extended'
	       when e.occurred_at >= letterwatch.day_end(d.due_on, d.end_of_day, d.time_zone) then 'ended'
	       when e.until <= d.due_on then 'no later'
	       when e.until > d.limit_on then 'limit' end as fault
	from (select s.letter_no, s.event_id, s.rule, s.until, s.on_day, s.occurred_at
	      from letterwatch.event_sequence(array(
	      	select distinct n.letter_no from letterwatch.letter_event n where n.event_id = any (events)), as_of) s
	      where s.event_id = any (events)) e
	left join lateral (
		select d.letter_no, d.own_end_on, d.extensions, d.end_of_day, d.time_zone,
		       case when r.roll and not c.workday then c.next_workday else c.day end as due_on,
		       case r.extend_unit
		       when 'day' then d.own_end_on + r.extend_amount
		       when 'month' then (d.own_end_on + make_interval(months => r.extend_amount))::date
		       when 'workday' then (select w.day from letterwatch.calendar_date w
		                            where w.calendar = c.calendar and w.workday and w.workdays = c.workdays + r.extend_amount)
		       end as limit_on
		from letterwatch.derive(array[e.letter_no], as_of) d
		join letterwatch.rule r on r.rule_set = d.rule_set and r.rule = d.rule and r.valid_from = d.rule_from
		join letterwatch.office_setting o on o.office_code = d.office_code
		left join letterwatch.calendar_date c on c.calendar = o.calendar and c.day = d.own_end_on
		where e.event_id = any (d.extensions)
	) d on true
$$;
comment on function letterwatch.extension_faults(bigint[], timestamptz) is 'What is wrong with extensions.';
