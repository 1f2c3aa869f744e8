-- check_extensions(events, before): refuses extensions, given by their event_id and already inserted, that the rule does not allow.
-- LW003: nothing is open that it could extend, it has been extended before, it is suspended, or it had ended by then. LW001:
-- the new last day is no later than the present one, or later than the rule's limit, counted from the end without the
-- extension. before: they are older than what has just been entered, at that moment; refused only where
-- that has put them behind the end that they moved.
-- Callers: event_inserted.
create or replace function letterwatch.check_extensions(events bigint[], before timestamptz default null) returns void
language plpgsql stable
as $$
declare
	f record;
begin
	if cardinality(events) = 0 then
		return;
	end if;
	select x.* into f
	from letterwatch.extension_faults(events) x
	where case when before is null then x.fault is not null
	           else x.fault = 'ended' and not exists (
	           	select from letterwatch.extension_faults(events, before - interval '1 microsecond') w
	           	where w.event_id = x.event_id and w.fault = 'ended') end
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
comment on function letterwatch.check_extensions(bigint[], timestamptz) is 'Refuses extensions that the rule does not allow.';
