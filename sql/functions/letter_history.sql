-- letter_history(letter_no) → (at, what, by, detail): everything that happened to a letter, in one line of time: its
-- registration, its events, each change of a last day, the ends of its deadlines, its alerts, and when its writer was forgotten.
-- `by`: who recorded it. A reason is shown to the clerks of the office in charge and to administrators only.
-- Errors: those of check_letter.
-- Callers: people.
create or replace function letterwatch.letter_history(letter_no text)
returns table (at timestamptz, what text, by text, detail text)
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	with_reasons boolean := letterwatch.handles_letter(letter_no) or letterwatch.sees_all();
begin
	perform letterwatch.check_letter($1);
	return query
	select h.at, h.what, h.by, h.detail
	from (
		select l.registered_at as at, 1 as rank, 'registered' as what, l.registered_by as by,
		       format('received on %s by %s, office %s', l.received_on, l.channel, l.office_code) as detail
		from letterwatch.letter l
		where l.letter_no = letter_history.letter_no
		union all
		select e.occurred_at, 2, concat_ws(' ', e.kind, e.outcome), e.recorded_by,
		       concat_ws(', ', format('event %s', e.event_id),
		                 case when v.event_id is not null then format('made void by event %s', v.event_id) end,
		                 case when not s.possible then format('not possible with status %s', s.status_before) end,
		                 case when e.recorded_at > e.occurred_at + interval '5 minutes'
		                      then format('recorded %s', date_trunc('second', e.recorded_at)) end,
		                 e.rule, 'until ' || e.until, 'to ' || e.to_office, 'of ' || e.of_letter_no, 'of event ' || e.of_event,
		                 'received on ' || e.received_on, 'rule set ' || e.rule_set, e.unit, e.handler, 'by ' || e.channel,
		                 'ordered by ' || e.by_office, e.topic, 'leader ' || e.leader,
		                 'approved by ' || e.approved_by, 'writer told ' || date_trunc('second', e.informed_at),
		                 case when with_reasons then e.reason end)
		from letterwatch.letter_event e
		left join letterwatch.event_sequence(array[letter_history.letter_no]) s on s.event_id = e.event_id
		left join letterwatch.letter_event v on v.letter_no = e.letter_no and v.kind = 'void' and v.of_event = e.event_id
		where e.letter_no = letter_history.letter_no
		union all
		select c.changed_at, 3, c.rule || case when c.new_due is null then ' without a date' else ' dated anew' end, c.changed_by,
		       concat_ws(' ', 'from ' || c.old_due, 'to ' || c.new_due) || ': ' || c.why
		from letterwatch.deadline_change c
		where c.letter_no = letter_history.letter_no
		union all
		select d.late_at, 4, d.rule || ' ends', null,
		       format('last day %s, office %s: %s', d.due_on, d.office_code,
		              d.state || coalesce(' on ' || d.closed_on, '') || case when d.verdict in ('late', 'missed') then ', ' || d.verdict else '' end)
		from letterwatch.deadline d
		where d.letter_no = letter_history.letter_no and d.late_at is not null
		union all
		select a.raised_at, 5, a.rule || ' ' || a.stage, null,
		       concat_ws(', ', format('alert %s', a.alert_id), 'to ' || a.to_office, a.unit, a.handler, format('last day %s', a.due_on),
		                 case when a.late_s > 0 then format('%s s late', a.late_s) end,
		                 case when a.covers > 1 then format('stands for %s stages', a.covers) end)
		from letterwatch.alert a
		where a.letter_no = letter_history.letter_no
		union all
		select f.forgotten_at, 6, 'writer forgotten', f.forgotten_by, case when with_reasons then f.reason end
		from letterwatch.petitioner_forgotten f
		where f.letter_no = letter_history.letter_no
	) h
	order by h.at, h.rank, h.what;
end
$$;
comment on function letterwatch.letter_history(text) is 'Everything that happened to a letter, in one line of time.';
