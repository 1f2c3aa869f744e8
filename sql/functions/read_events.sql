-- read_events(first, last) → rows: the lines of intake_event_line from first to last, as this transaction brought them, read:
-- blanks trimmed, the letter found by letter_no or by letter_ref, codes of offices (office_alias) and Chinese titles (term)
-- translated, days and moments in the zone of the office in charge; without occurred_at it is now. known: it is here already by
-- its (source, source_ref). fault '': the line is blank. Of a letter that the line does not name by its number, and that the
-- invoker may not ask about, nothing is compared and nothing told; but an office above may order a report on it. Index lookups
-- only, as in read_letters.
-- Callers: take_events, take_lines.
create or replace function letterwatch.read_events(first bigint, last bigint) returns setof letterwatch.intake_event_row
language sql stable rows 1000
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_nestloop = on
as $$
	with line as materialized (
		select l.line,
		       nullif(btrim(l.letter_no), '') as letter_no, nullif(btrim(l.letter_ref), '') as letter_ref,
		       nullif(btrim(l.kind), '') as kind, nullif(btrim(l.occurred_at), '') as occurred_at,
		       nullif(btrim(l.rule), '') as rule, nullif(btrim(l.outcome), '') as outcome, nullif(btrim(l.until), '') as until,
		       nullif(btrim(l.to_office), '') as to_office, nullif(btrim(l.of_letter_no), '') as of_letter_no,
		       nullif(btrim(l.of_event), '') as of_event, nullif(btrim(l.unit), '') as unit, nullif(btrim(l.handler), '') as handler,
		       nullif(btrim(l.channel), '') as channel, nullif(btrim(l.approved_by), '') as approved_by,
		       nullif(btrim(l.reason), '') as reason, nullif(btrim(l.informed_at), '') as informed_at,
		       nullif(btrim(l.received_on), '') as received_on, nullif(btrim(l.rule_set), '') as rule_set,
		       nullif(btrim(l.source_ref), '') as source_ref, nullif(btrim(l.by_office), '') as by_office,
		       nullif(btrim(l.topic), '') as topic, nullif(btrim(l.leader), '') as leader,
		       coalesce(nullif(btrim(l.source), ''),
		                case when btrim(concat(l.source_ref, l.letter_ref)) <> ''
		                then nullif(current_setting('letterwatch.source', true), '') end) as source
		from letterwatch.intake_event_line l
		where l.batch = pg_current_xact_id() and l.line between first and last
	), placed as materialized (
		select l.line, coalesce(l.letter_no, l.letter_ref, l.kind, l.occurred_at, l.outcome, l.reason, l.source_ref) is null as blank,
		       case when l.kind ~ '[^ -~]' then letterwatch.term_code('{event}', l.kind) else l.kind end as kind,
		       case when l.outcome ~ '[^ -~]' then letterwatch.term_code('{status}', l.outcome) else l.outcome end as outcome,
		       case when l.unit ~ '[^ -~]' then letterwatch.term_code('{unit}', l.unit) else l.unit end as unit,
		       case when l.channel ~ '[^ -~]' then letterwatch.term_code('{channel}', l.channel) else l.channel end as channel,
		       l.rule, l.of_letter_no, l.handler, l.approved_by, l.reason, l.rule_set, l.letter_ref, l.source_ref,
		       coalesce(b.office_code, l.by_office) as by_office, l.topic, l.leader,
		       case when l.source_ref is not null or l.letter_ref is null then l.source end as source,
		       l.source as letter_source, coalesce(l.letter_no, k.letter_no) as letter_no, k.letter_no as found_no, o.path,
		       coalesce(a.office_code, l.to_office) as to_office, coalesce(o.time_zone, 'UTC') as time_zone,
		       l.occurred_at is not null as has_occurred_at,
		       letterwatch.intake_moment(l.occurred_at, coalesce(o.time_zone, 'UTC')) as occurred_at,
		       l.informed_at is not null as has_informed_at,
		       letterwatch.intake_moment(l.informed_at, coalesce(o.time_zone, 'UTC')) as informed_at,
		       l.until is not null as has_until, letterwatch.intake_day(l.until) as until,
		       l.received_on is not null as has_received_on, letterwatch.intake_day(l.received_on) as received_on,
		       l.of_event is not null as has_of_event,
		       case when l.of_event ~ '^[0-9]{1,18}$' then l.of_event::bigint end as of_event
		from line l
		left join letterwatch.letter k on l.letter_no is null and k.source = l.source and k.source_ref = l.letter_ref
		left join letterwatch.letter_state s on s.letter_no = coalesce(l.letter_no, k.letter_no)
		left join letterwatch.office_setting o on o.office_code = s.office_code
		left join letterwatch.office_alias a on a.source = l.source and a.alias = l.to_office
		left join letterwatch.office_alias b on b.source = l.source and b.alias = l.by_office
	), known as materialized (
		select p.*, k.event_id as known_id, k.letter_no as known_no, k.kind as known_kind, k.outcome as known_outcome,
		       (k.occurred_at at time zone p.time_zone)::date as known_on,
		       case
		       when (select letterwatch.writes_all()) then false
		       when k.event_id is not null then not letterwatch.sees_letter(k.letter_no)
		       when p.found_no is null or p.kind = 'supervise' and p.by_office in (select letterwatch.my_clerk_offices())
		            and p.path @> array[p.by_office] then false
		       else not letterwatch.sees_letter(p.found_no) end as is_foreign
		from placed p
		left join letterwatch.letter_event k on k.source = p.source and k.source_ref = p.source_ref
	)
	select p.line,
	       case
	       when p.blank then ''
	       when p.is_foreign and p.known_id is not null then format('event %s is not of an office of yours', p.source_ref)
	       when p.is_foreign then format('letter %s is not of an office of yours', p.letter_ref)
	       when p.letter_no is null and p.letter_ref is not null
	       then format('there is no letter %s of source %s', p.letter_ref, p.letter_source)
	       when p.has_occurred_at and p.occurred_at is null then 'occurred_at is no moment'
	       when p.has_informed_at and p.informed_at is null then 'informed_at is no moment'
	       when p.has_until and p.until is null then 'until is no day'
	       when p.has_received_on and p.received_on is null then 'received_on is no day'
	       when p.has_of_event and p.of_event is null then 'of_event is no number of an event'
	       when p.known_id is not null
	            and (p.known_no, p.known_kind, p.known_outcome) is distinct from (p.letter_no, p.kind, p.outcome)
	            or p.known_on <> (p.occurred_at at time zone p.time_zone)::date
	       then format('letter %s: it came before as event %s, which says something else', p.known_no, p.known_id)
	       end,
	       p.known_id is not null, case when not p.is_foreign then p.letter_no end, p.kind,
	       case when p.has_occurred_at then p.occurred_at else letterwatch.clock() end,
	       p.rule, p.outcome, p.until, p.to_office, p.of_letter_no, p.of_event, p.unit, p.handler, p.channel, p.approved_by, p.reason,
	       p.informed_at, p.received_on, p.rule_set, p.source, p.source_ref, p.by_office, p.topic, p.leader
	from known p
$$;
comment on function letterwatch.read_events(bigint, bigint) is 'Reads lines of events.';
