-- refuse_event(letter_no, fault, faults, kind, outcome, on_day, received_on, status, unit, channel, upset_kind, upset_on): says
-- why an event cannot be recorded. faults: how many events of the statement are faulty.
-- LW002: an unknown letter. LW001: an unknown kind or outcome, on a day after the office's today (five minutes are forgiven) or
-- before the receipt. LW003: not possible in the status that the letter had then (table transition), or it would make a
-- later event impossible: two people who record at one moment get the same result as one after the other.
-- Callers: event_inserted.
create or replace function letterwatch.refuse_event(letter_no text, fault text, faults bigint, kind text, outcome text,
                                                    on_day date, received_on date, status text, unit text,
                                                    channel text, upset_kind text, upset_on date) returns void
language plpgsql stable
as $$
begin
	raise exception using
		errcode = case fault when 'letter' then 'LW002' when 'status' then 'LW003' when 'upset' then 'LW003' else 'LW001' end,
		message = case fault
		when 'letter' then format('there is no letter %s', letter_no)
		when 'kind' then format('letter %s: unknown kind of event %s', letter_no, kind)
		when 'outcome' then format('letter %s: %s has no outcome %s', letter_no, kind, coalesce(outcome, 'NULL'))
		when 'future' then format('letter %s: %s on %s lies in the future', letter_no, kind, on_day)
		when 'before' then format('letter %s: %s on %s lies before its receipt on %s', letter_no, kind, on_day, received_on)
		when 'unit' then format('letter %s: unknown unit %s', letter_no, unit)
		when 'channel' then format('letter %s: unknown channel %s', letter_no, channel)
		when 'handler' then format('letter %s: the handler is not 1 to 64 printable ASCII characters', letter_no)
		when 'upset' then format('letter %s: %s on %s would make the %s of %s impossible', letter_no, concat_ws(' ', kind, outcome),
		                         on_day, upset_kind, upset_on)
		else format('letter %s: %s is not possible on %s, when its status is %s', letter_no, concat_ws(' ', kind, outcome),
		            on_day, status) end
		|| case when faults > 1 then format(' (and %s more events of this statement)', faults - 1) else '' end,
		hint = case fault
		when 'letter' then 'Register it first, or look for its number: select letter_no from letterwatch.letter_status;'
		when 'kind' then 'See: select distinct kind from letterwatch.transition;'
		when 'outcome' then format('Possible: %s.', (
			select string_agg(distinct coalesce(nullif(t.outcome, ''), 'none'), ', ')
			from letterwatch.transition t
			where t.kind = refuse_event.kind))
		when 'future' then 'An event is recorded when it has happened, on the office''s today or before.'
		when 'before' then 'Check the letter number and the day.'
		when 'unit' then 'See: select code, en from letterwatch.term where category = ''unit'';'
		when 'channel' then 'See: select code, en from letterwatch.term where category = ''channel'';'
		when 'handler' then 'A handler is a staff code, never a name.'
		when 'upset' then 'See what was recorded: select * from letterwatch.letter_event where letter_no = …;'
		else format('Possible with status %s: %s.', status, coalesce((
			select string_agg(concat_ws(' ', t.kind, nullif(t.outcome, '')), ', ' order by t.kind, t.outcome)
			from letterwatch.transition t
			where t.status = refuse_event.status), 'nothing, the letter is closed')) end;
end
$$;
comment on function letterwatch.refuse_event(text, text, bigint, text, text, date, date, text, text, text, text, date) is
	'Says why an event cannot be recorded.';
