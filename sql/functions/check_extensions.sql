-- check_extensions(events, only_order): refuses extensions, given by their event_id and already inserted, that the rule does not allow.
-- LW003: nothing is open that it could extend, it has been extended before, it is suspended, or it had ended by then. LW001:
-- the new last day is no later than the present one, or later than the rule's limit, counted from the end without the
-- extension. only_order: they are older than what has just been entered; only the end is asked for.
-- Callers: event_inserted.
create or replace function letterwatch.check_extensions(events bigint[], only_order boolean default false) returns void
language plpgsql stable
as $$
declare
	f record;
begin
	if cardinality(events) = 0 then
		return;
	end if;
	select x.* into f
	from (
		select e.letter_no, e.rule, e.until, e.on_day, d.due_on as own_due_on, d.limit_on,
		       case
		       when d.letter_no is null then 'not open'
		       when d.own_end_on is null then 'suspended'
		       when cardinality(d.extensions) > 1 then 'extended'
		       when e.on_day > d.due_on then 'ended'
		       when e.until <= d.due_on then 'no later'
		       when e.until > d.limit_on then 'limit' end as fault
		from (select s.letter_no, s.event_id, s.rule, s.until, s.on_day
		      from letterwatch.event_sequence(array(
		      	select distinct n.letter_no from letterwatch.letter_event n where n.event_id = any (events))) s
		      where s.event_id = any (events)) e
		left join lateral (
			select d.letter_no, d.own_end_on, d.extensions,
			       case when r.roll and not c.workday then c.next_workday else c.day end as due_on,
			       case r.extend_unit
			       when 'day' then d.own_end_on + r.extend_amount
			       when 'month' then (d.own_end_on + make_interval(months => r.extend_amount))::date
			       when 'workday' then (select w.day from letterwatch.calendar_date w
			                            where w.calendar = c.calendar and w.workday and w.workdays = c.workdays + r.extend_amount)
			       end as limit_on
			from letterwatch.derive(array[e.letter_no]) d
			join letterwatch.rule r on r.rule_set = d.rule_set and r.rule = d.rule and r.valid_from = d.rule_from
			join letterwatch.office_setting o on o.office_code = d.office_code
			left join letterwatch.calendar_date c on c.calendar = o.calendar and c.day = d.own_end_on
			where e.event_id = any (d.extensions)
		) d on true
	) x
	where case when only_order then x.fault = 'ended' else x.fault is not null end
	order by x.letter_no
	limit 1;
	if found then
		perform letterwatch.refuse(
			case when f.fault in ('no later', 'limit') then 'LW001' else 'LW003' end,
			case f.fault
			when 'not open' then format('letter %s: no %s is open on %s', f.letter_no, f.rule, f.on_day)
			when 'suspended' then format('letter %s: its %s has no last day while it is suspended', f.letter_no, f.rule)
			when 'extended' then format('letter %s: its %s has been extended already', f.letter_no, f.rule)
			when 'ended' then format('letter %s: its %s ended on %s and cannot be extended any more', f.letter_no, f.rule, f.own_due_on)
			when 'no later' then format('letter %s: until %s extends nothing, its %s ends on %s', f.letter_no, f.until, f.rule, f.own_due_on)
			else format('letter %s: its %s can be extended until %s at most, not until %s', f.letter_no, f.rule, f.limit_on, f.until) end,
			case f.fault
			when 'not open' then format('See: select * from letterwatch.letter_history(%L);', f.letter_no)
			when 'suspended' then 'Resume it first.'
			when 'extended' then 'An extension is granted once; a wrong one can be made void.'
			when 'ended' then 'An extension comes before the end of the period; it cannot heal what is late.'
			else format('See: select * from letterwatch.explain_deadline(%L, %L);', f.letter_no, f.rule) end);
	end if;
end
$$;
comment on function letterwatch.check_extensions(bigint[], boolean) is 'Refuses extensions that the rule does not allow.';
