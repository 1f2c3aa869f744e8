-- event_value_fault(event, possible, on_day, today, received_on, rule_set, office_before) → text: what is wrong with the values of a new
-- event by themselves, as a word that event_refusal explains; NULL: nothing. received_on NULL: there is no such letter.
-- possible: whether its kind and outcome are, in the status before it: then they need not be looked up.
-- on_day, today: its local date, and that of the present moment, both of the office in charge after it; received_on, rule_set: the
-- letter's, as corrected; office_before: in charge before the event. An order (supervise) is given by that office or one above
-- it; whether the session may speak for it is not asked here.
-- Callers: event_inserted.
create or replace function letterwatch.event_value_fault(e letterwatch.letter_event, possible boolean, on_day date, today date,
                                                         received_on date, rule_set text, office_before text) returns text
language plpgsql stable
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_nestloop = on
as $$
declare
	r letterwatch.rule;
begin
	-- A condition with a query in it costs much more than one without, even where the query is not needed: it stands inside another.
	if received_on is null then
		return 'letter';
	elsif possible is not true then
		if not exists (select from letterwatch.transition t where t.kind = e.kind) then
			return 'kind';
		elsif not exists (select from letterwatch.transition t where t.kind = e.kind and t.outcome = coalesce(e.outcome, '')) then
			return 'outcome';
		end if;
	end if;
	if on_day > today and e.occurred_at > letterwatch.clock() + interval '5 minutes' then
		return 'future';
	end if;

	if e.unit is not null then
		if not exists (select from letterwatch.term t where t.category = 'unit' and t.code = e.unit) then
			return 'unit';
		end if;
	end if;
	if e.channel is not null then
		if not exists (select from letterwatch.term t where t.category = 'channel' and t.code = e.channel) then
			return 'channel';
		end if;
	end if;
	if e.handler !~ '^[!-~]{1,64}$' then
		return 'handler';
	elsif e.rule is not null and e.kind <> 'extend' then
		return 'stray rule';
	elsif e.until is not null and e.kind not in ('extend', 'mute', 'supervise') then
		return 'stray until';
	elsif e.to_office is not null and e.kind not in ('transfer', 'correct') then
		return 'stray to_office';
	elsif e.of_letter_no is not null and e.kind <> 'duplicate' then
		return 'stray of_letter_no';
	elsif e.of_event is not null and e.kind <> 'void' then
		return 'stray of_event';
	elsif e.approved_by is not null and e.kind <> 'extend' then
		return 'stray approved_by';
	elsif e.informed_at is not null and e.kind <> 'extend' then
		return 'stray informed_at';
	elsif e.received_on is not null and e.kind <> 'correct' then
		return 'stray received_on';
	elsif e.rule_set is not null and e.kind <> 'correct' then
		return 'stray rule_set';
	elsif e.by_office is not null and e.kind <> 'supervise' then
		return 'stray by_office';
	elsif e.topic is not null and e.kind <> 'supervise' then
		return 'stray topic';
	elsif e.leader is not null and e.kind <> 'supervise' then
		return 'stray leader';
	elsif e.kind in ('suspend', 'extend', 'reopen', 'mute', 'correct', 'void') and coalesce(e.reason, '') !~ '\S' then
		return 'reason';
	end if;

	case e.kind
	when 'suspend' then
		if not exists (select from letterwatch.rule x
		               where x.rule_set = event_value_fault.rule_set and x.may_suspend
		                 and event_value_fault.received_on between x.valid_from and x.valid_to) then
			return 'no suspension';
		end if;
	when 'extend' then
		select x.* into r
		from letterwatch.rule x
		where x.rule_set = event_value_fault.rule_set and x.rule = e.rule
		  and event_value_fault.received_on between x.valid_from and x.valid_to;
		if not found then
			return 'rule';
		elsif not r.may_extend then
			return 'no extension';
		elsif e.until is null then
			return 'until';
		elsif not e.until <@ letterwatch.planning_horizon() then
			return 'horizon';
		elsif r.extend_needs_approval and e.approved_by is null then
			return 'approval';
		elsif e.approved_by !~ '^[!-~]{1,64}$' then
			return 'approver';
		elsif r.extend_informs_writer and e.informed_at is null then
			return 'informed';
		elsif e.informed_at > letterwatch.clock() + interval '5 minutes' then
			return 'informed in future';
		end if;
	when 'transfer' then
		if not exists (select from letterwatch.office_setting o where o.office_code = e.to_office) then
			return 'office';
		elsif e.to_office = office_before then
			return 'same office';
		end if;
	when 'exempt' then
		if not exists (select from letterwatch.term t where t.category = 'reason' and t.code = e.reason) then
			return 'exempt reason';
		end if;
	when 'duplicate' then
		if e.of_letter_no = e.letter_no then
			return 'itself';
		elsif not exists (select from letterwatch.letter_state s where s.letter_no = e.of_letter_no) then
			return 'original';
		elsif (select s.status from letterwatch.letter_state s where s.letter_no = e.of_letter_no) = 'duplicate' then
			return 'chain';
		end if;
	when 'mute' then
		if e.until is null then
			return 'until';
		elsif e.until <= on_day or e.until > on_day + 366 then
			return 'mute';
		end if;
	when 'correct' then
		if e.received_on is null and e.to_office is null and e.rule_set is null then
			return 'nothing';
		elsif e.to_office is not null
		      and not exists (select from letterwatch.office_setting o where o.office_code = e.to_office) then
			return 'office';
		elsif e.received_on > on_day or not e.received_on <@ letterwatch.planning_horizon() then
			return 'receipt in future';
		elsif not exists (select from letterwatch.rule x
		                  where x.rule_set = event_value_fault.rule_set
		                    and event_value_fault.received_on between x.valid_from and x.valid_to) then
			return 'rule set';
		end if;
	when 'supervise' then
		if not exists (select from letterwatch.rule x
		               where x.rule_set = event_value_fault.rule_set and x.begins = 'supervise'
		                 and event_value_fault.received_on between x.valid_from and x.valid_to) then
			return 'no order';
		elsif not exists (select from letterwatch.office_setting o where o.office_code = e.by_office) then
			return 'by office';
		elsif not exists (select from letterwatch.office_setting o
		                  where o.office_code = office_before and e.by_office = any (o.path)) then
			return 'not above';
		elsif e.until is null then
			return 'until';
		elsif e.until < on_day then
			return 'order';
		elsif not e.until <@ letterwatch.planning_horizon() then
			return 'horizon';
		elsif e.topic !~ '^[^[:cntrl:]]{1,64}$' or e.topic !~ '\S' then
			return 'topic';
		elsif e.leader !~ '^[!-~]{1,64}$' then
			return 'leader';
		end if;
	when 'void' then
		if not exists (select from letterwatch.letter_event t
		               where t.event_id = e.of_event and t.letter_no = e.letter_no and t.kind <> 'void') then
			return 'event';
		elsif exists (select from letterwatch.letter_event v
		              where v.letter_no = e.letter_no and v.kind = 'void' and v.of_event = e.of_event and v.event_id <> e.event_id) then
			return 'voided';
		elsif not exists (select from letterwatch.rule x
		                  where x.rule_set = event_value_fault.rule_set
		                    and event_value_fault.received_on between x.valid_from and x.valid_to)
		      and exists (select from letterwatch.letter_event t where t.event_id = e.of_event and t.kind = 'correct') then
			return 'rule set';
		end if;
	else
		null;
	end case;
	return null;
end
$$;
comment on function letterwatch.event_value_fault(letterwatch.letter_event, boolean, date, date, date, text, text) is
	'What is wrong with the values of an event.';
