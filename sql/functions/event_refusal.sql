-- event_refusal(event) → refusal: why an event cannot be recorded, in words. event: its values and what is known of its letter, as
-- an object: fault (a word of event_value_fault or event_inserted), letter_no, kind, outcome, on_day, received_on, status,
-- suspended, …
-- 42501: a letter that is not in charge of a clerk's offices, of which nothing is told, or an original that the clerk may not see.
-- LW002: something that is named is not there. LW001: a value is wrong or missing, or the day lies after the office's today
-- (five minutes are forgiven) or before the receipt. LW003: not possible in the status that the letter had then (table
-- transition), not allowed by its rules, or it would make a later event impossible: two people who record at one moment get the
-- same result as one after the other.
-- Callers: event_inserted.
create or replace function letterwatch.event_refusal(event jsonb) returns letterwatch.refusal
language plpgsql stable
as $$
declare
	fault text := event ->> 'fault';
	letter_no text := event ->> 'letter_no';
	kind text := event ->> 'kind';
	what text := concat_ws(' ', event ->> 'kind', event ->> 'outcome');
	basis text := (select string_agg(distinct r.basis, '; ')
	               from letterwatch.rule r
	               where r.rule_set = event ->> 'rule_set' and r.rule = coalesce(event ->> 'rule', r.rule) and r.unit <> 'date');
	rule_set_rules text := (select string_agg(distinct r.rule, ', ') from letterwatch.rule r where r.rule_set = event ->> 'rule_set');
begin
	return row(
		case
		when fault in ('foreign', 'foreign original') then '42501'
		when fault in ('letter', 'office', 'original', 'event', 'rule', 'rule set', 'by office') then 'LW002'
		when fault in ('status', 'upset', 'no suspension', 'no extension', 'no order', 'chain', 'voided') then 'LW003'
		else 'LW001' end,
		case when fault in ('letter', 'foreign') then '' else format('letter %s: ', letter_no) end || case
		when fault = 'letter' then format('there is no letter %s', letter_no)
		when fault = 'foreign' then format('letter %s is not of an office of yours', letter_no)
		when fault = 'foreign original' then format('letter %s is not of an office of yours', event ->> 'of_letter_no')
		when fault = 'kind' then format('unknown kind of event %s', kind)
		when fault = 'outcome' then coalesce(format('%s has no outcome ', kind) || (event ->> 'outcome'), format('%s needs an outcome', kind))
		when fault = 'future' then format('%s on %s lies in the future', kind, event ->> 'on_day')
		when fault = 'before' then format('%s on %s lies before its receipt on %s', kind, event ->> 'on_day', event ->> 'received_on')
		when fault = 'unit' then format('unknown unit %s', event ->> 'unit')
		when fault = 'channel' then format('unknown channel %s', event ->> 'channel')
		when fault = 'handler' then 'the handler is not 1 to 64 printable ASCII characters'
		when fault = 'approver' then 'approved_by is not 1 to 64 printable ASCII characters'
		when fault like 'stray %' then format('%s has no %s', kind, substr(fault, 7))
		when fault = 'reason' then format('%s needs a reason', kind)
		when fault = 'until' then format('%s needs a day: until', kind)
		when fault = 'no suspension' then format('rule set %s knows no suspension (%s)', event ->> 'rule_set', basis)
		when fault = 'no extension' then format('its %s cannot be extended (%s)', event ->> 'rule', basis)
		when fault = 'rule' then coalesce(format('rule set %s has no rule ', event ->> 'rule_set') || (event ->> 'rule'), 'an extension names a rule')
		when fault = 'horizon' then format('until %s lies outside the calendars, which end with %s', event ->> 'until', upper(letterwatch.planning_horizon()) - 1)
		when fault = 'approval' then 'an extension names who approved it: approved_by'
		when fault = 'informed' then 'an extension says when the writer was told: informed_at'
		when fault = 'informed in future' then 'informed_at lies in the future'
		when fault = 'office' then coalesce('unknown office ' || (event ->> 'to_office'), 'a transfer names the office that gets it: to_office')
		when fault = 'same office' then format('office %s has it already', event ->> 'to_office')
		when fault = 'exempt reason' then 'exempt needs a reason that the rules know'
		when fault = 'itself' then 'it cannot be its own duplicate'
		when fault = 'original' then coalesce('there is no letter ' || (event ->> 'of_letter_no') || ' that it could be a duplicate of', 'a duplicate names its original: of_letter_no')
		when fault = 'chain' then format('letter %s is a duplicate itself', event ->> 'of_letter_no')
		when fault = 'mute' then format('it cannot be muted until %s', event ->> 'until')
		when fault = 'no order' then format('rule set %s has no rule that an order begins', event ->> 'rule_set')
		when fault = 'by office' then coalesce('unknown office ' || (event ->> 'by_office'), 'an order names the office that gives it: by_office')
		when fault = 'not above' then format('office %s stands not above it', event ->> 'by_office')
		when fault = 'order' then format('a report by %s cannot be ordered on %s', event ->> 'until', event ->> 'on_day')
		when fault = 'topic' then 'the topic is not 1 to 64 printable characters'
		when fault = 'leader' then 'the leader is not 1 to 64 printable ASCII characters'
		when fault = 'nothing' then 'correct names nothing to correct'
		when fault = 'receipt in future' then format('it cannot have been received after %s', event ->> 'on_day')
		when fault = 'rule set' then format('there is no rule set %s for letters received on %s', event ->> 'rule_set', event ->> 'received_on')
		when fault = 'receipt' then format('received on %s it would lie after an event of %s', event ->> 'received_on', event ->> 'first_on')
		when fault = 'event' then coalesce('it has no event ' || (event ->> 'of_event') || ' that could be void', 'void names an event: of_event')
		when fault = 'voided' then format('event %s is void already', event ->> 'of_event')
		when fault = 'upset' then format('%s on %s would make the %s of %s impossible', what, event ->> 'on_day', event ->> 'upset_kind', event ->> 'upset_on')
		else format('%s is not possible on %s, when its status is %s', what, event ->> 'on_day', event ->> 'status')
		     || case when (event ->> 'suspended')::boolean then ' and it is suspended' else '' end
		     || case when kind = 'feedback' and not (event ->> 'supervised')::boolean then ' and no order waits' else '' end end,
		case
		when fault = 'letter' then 'Register it first, or look for its number: select letter_no from letterwatch.letter_status;'
		when fault in ('foreign', 'foreign original') then
			'Which offices are yours an administrator says: table letterwatch.office_member.'
		when fault = 'kind' then 'See: select distinct kind from letterwatch.transition;'
		when fault = 'outcome' then format('Possible: %s.', (
			select string_agg(distinct coalesce(nullif(t.outcome, ''), 'none'), ', ')
			from letterwatch.transition t
			where t.kind = event_refusal.event ->> 'kind'))
		when fault in ('future', 'informed in future') then 'An event is recorded when it has happened, on the office''s today or before.'
		when fault = 'before' then 'Check the letter number and the day; a wrong day of receipt is mended by correct_letter.'
		when fault in ('unit', 'channel') then format('See: select code, en from letterwatch.term where category = %L;', fault)
		when fault in ('handler', 'approver', 'leader') then 'It is a staff code, never a name.'
		when fault like 'stray %' then 'Leave that column out, or check the kind of the event.'
		when fault = 'reason' then 'Say why, for those who look at it later; a reason is never in a log line.'
		when fault = 'until' then 'Give a date.'
		when fault = 'horizon' then 'Check the date.'
		when fault = 'no suspension' then 'The time runs on. Missing material: record_notice with outcome incomplete, then restart_letter.'
		when fault = 'no extension' then 'The time runs on. A progress reply meets the reply and begins a follow-up.'
		when fault = 'rule' then format('It has: %s.', rule_set_rules)
		when fault in ('approval', 'informed') then 'The rule asks for it: see letterwatch.rule.'
		when fault = 'no order' then 'See letterwatch.rule: an administrator can add one, as feedback of procuratorate.'
		when fault = 'not above' then 'An order comes from the office in charge, or from one above it.'
		when fault = 'order' then 'Give that day or a later one.'
		when fault = 'topic' then 'A few words that may be shown, without line breaks; never a name.'
		when fault in ('office', 'by office') then 'See: select office_code, name from letterwatch.office;'
		when fault = 'same office' then 'A transfer goes to another office; within one, assign_letter.'
		when fault = 'exempt reason' then format('Possible: %s.', (
			select string_agg(t.code, ', ' order by t.code) from letterwatch.term t where t.category = 'reason'))
		when fault in ('itself', 'original', 'chain') then 'Name the original letter.'
		when fault = 'mute' then 'A mute ends by itself: on a day after today, within a year.'
		when fault = 'nothing' then 'It can correct received_on, office_code (to_office) and rule_set.'
		when fault = 'receipt in future' then 'Give the day on which it came.'
		when fault = 'rule set' then 'See: select rule_set, rule, valid_from, valid_to from letterwatch.rule;'
		when fault in ('receipt', 'event', 'voided') then
			format('See: select * from letterwatch.letter_history(%L);', letter_no)
		when fault = 'upset' and event ->> 'on_day' = event ->> 'upset_on' then
			'A day alone is its beginning: give the time, if it came after that. If that is wrong, make it void first: void_event.'
		when fault = 'upset' then 'Make the later one void first, if it is wrong: void_event.'
		else format('Possible with status %s: %s.', event ->> 'status', coalesce((
			select string_agg(concat_ws(' ', t.kind, nullif(t.outcome, '')), ', ' order by t.kind, t.outcome)
			from letterwatch.transition t
			where t.status = event_refusal.event ->> 'status'
			  and t.when_suspended is distinct from not (event_refusal.event ->> 'suspended')::boolean
			  and t.when_supervised is distinct from not (event_refusal.event ->> 'supervised')::boolean), 'nothing')) end)::letterwatch.refusal;
end
$$;
comment on function letterwatch.event_refusal(jsonb) is 'Why an event cannot be recorded.';
