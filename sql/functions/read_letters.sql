-- read_letters(first, last) → rows: the lines of intake_letter_line from first to last, as this transaction brought them, read:
-- blanks trimmed, codes of offices (office_alias) and Chinese titles (term) translated, days and moments in the zone of the
-- office. A letter that is here already by its (source, source_ref) has known_no, and of its history only what is not here:
-- another day of receipt than the source said before (an event `correct`), another unit or handler (`assign`, while that is
-- possible), a notice or a reply of a day or outcome that no event has. What a row leaves empty says nothing.
-- outcome is the notice's (accepted, …) or the reply's (progress, result). unit and handler ride on the notice and the reply;
-- without one, on an event `assign` of now. fault '': the line is blank. Of a letter that is here and that the invoker may not ask
-- about, nothing is compared and nothing told: it is as the line calls it, and the fault.
-- Index lookups only, as in event_sequence: it is called for some thousand lines at a time beside a million letters.
-- Callers: take_letters, take_lines.
create or replace function letterwatch.read_letters(first bigint, last bigint) returns setof letterwatch.intake_letter_row
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
		       nullif(btrim(l.letter_no), '') as letter_no, nullif(btrim(l.office_code), '') as office_code,
		       nullif(btrim(l.registry_no), '') as registry_no, nullif(btrim(l.received_at), '') as received_at,
		       nullif(btrim(l.received_on), '') as received_on, coalesce(nullif(btrim(l.channel), ''), 'post') as channel,
		       nullif(btrim(l.rule_set), '') as rule_set, nullif(btrim(l.title), '') as title,
		       nullif(btrim(l.unit), '') as unit, nullif(btrim(l.handler), '') as handler,
		       nullif(btrim(l.notice_at), '') as notice_at, nullif(btrim(l.reply_at), '') as reply_at,
		       nullif(btrim(l.outcome), '') as outcome, nullif(btrim(l.source_ref), '') as source_ref,
		       coalesce(nullif(btrim(l.source), ''),
		                case when btrim(l.source_ref) <> '' then nullif(current_setting('letterwatch.source', true), '') end) as source
		from letterwatch.intake_letter_line l
		where l.batch = pg_current_xact_id() and l.line between first and last
	), placed as materialized (
		select l.line, l.registry_no, l.rule_set, l.title, l.handler, l.source, l.source_ref,
		       case when l.channel ~ '[^ -~]' then letterwatch.term_code('{channel}', l.channel) else l.channel end as channel,
		       case when l.unit ~ '[^ -~]' then letterwatch.term_code('{unit}', l.unit) else l.unit end as unit,
		       case when l.outcome ~ '[^ -~]' then letterwatch.term_code('{status,event}', l.outcome) else l.outcome end as outcome,
		       l.letter_no as written_no, k.letter_no as known_no,
		       coalesce(k.letter_no, l.letter_no, letterwatch.new_letter_no()) as letter_no,
		       coalesce(k.letter_no, l.letter_no, l.source_ref, 'without a number') as called,
		       coalesce(a.office_code, l.office_code, k.office_code) as office_code, k.office_code as known_office,
		       f.seen is false as is_foreign,
		       k.received_on as known_on, o.time_zone,
		       l.received_at is not null as has_received_at, letterwatch.intake_moment(l.received_at, o.time_zone) as received_at,
		       l.received_on is not null as has_received_on, letterwatch.intake_day(l.received_on) as received_on,
		       l.notice_at is not null as has_notice, letterwatch.intake_moment(l.notice_at, o.time_zone) as notice_at,
		       coalesce(l.letter_no, l.office_code, l.registry_no, l.received_at, l.received_on, l.title, l.source_ref) is null as blank,
		       l.reply_at is not null as has_reply, letterwatch.intake_moment(l.reply_at, o.time_zone) as reply_at
		from line l
		left join lateral (
			select x.letter_no, x.office_code, x.received_on,
			       case when (select letterwatch.writes_all()) then true else letterwatch.sees_letter(x.letter_no) end as seen
			from letterwatch.letter x
			where x.source = l.source and x.source_ref = l.source_ref
			offset 0
		) f on true
		left join lateral (select f.letter_no, f.office_code, f.received_on where f.seen) k on true
		left join letterwatch.office_alias a on a.source = l.source and a.alias = l.office_code
		left join letterwatch.office_setting o on o.office_code = coalesce(a.office_code, l.office_code, k.office_code)
	), dated as (
		select p.*,
		       coalesce(p.received_on, (p.received_at at time zone p.time_zone)::date) as day,
		       (p.notice_at at time zone p.time_zone)::date as notice_on, (p.reply_at at time zone p.time_zone)::date as reply_on,
		       case when p.outcome in ('progress', 'result') or p.outcome is null then 'accepted' else p.outcome end as notice_outcome,
		       case
		       when p.blank then ''
		       when p.is_foreign then format('letter %s is not of an office of yours', p.source_ref)
		       when p.office_code is null then 'a letter without an office_code'
		       when p.time_zone is null then format('letter %s cannot be registered: unknown office %s', p.called, p.office_code)
		       when p.has_received_at and p.received_at is null then 'received_at is no moment'
		       when p.has_received_on and p.received_on is null then 'received_on is no day'
		       when p.has_notice and p.notice_at is null then 'notice_at is no moment'
		       when p.has_reply and p.reply_at is null then 'reply_at is no moment'
		       when p.has_reply and coalesce(p.outcome, '') not in ('progress', 'result')
		       then 'reply_at needs an outcome: progress or result'
		       when p.outcome in ('progress', 'result') and not p.has_reply then format('outcome %s without reply_at', p.outcome)
		       when p.outcome is not null and not p.has_notice and not p.has_reply
		       then format('outcome %s without notice_at', p.outcome)
		       when p.office_code <> p.known_office
		       then format('letter %s came from office %s, not %s', p.known_no, p.known_office, p.office_code)
		       when p.written_no <> p.known_no then format('letter %s came before as %s', p.written_no, p.known_no)
		       end as fault
		from placed p
	), compared as (
		-- What is asked only of letters that are here costs nothing for the others.
		select d.*, d.known_no is null as is_new,
		       case when d.known_no is not null then letterwatch.said_before(d.known_no, d.source) end as said,
		       d.known_no is not null and d.notice_on is not null
		       	and exists (select from letterwatch.letter_event e
		       	            where e.letter_no = d.known_no and e.kind = 'notice' and e.outcome = d.notice_outcome
		       	              and (e.occurred_at at time zone d.time_zone)::date = d.notice_on) as has_this_notice,
		       d.known_no is not null and d.reply_on is not null
		       	and exists (select from letterwatch.letter_event e
		       	            where e.letter_no = d.known_no and e.kind = d.outcome
		       	              and (e.occurred_at at time zone d.time_zone)::date = d.reply_on) as has_this_reply,
		       d.known_no is null
		       	or exists (select from letterwatch.letter_state s
		       	           join letterwatch.transition t on t.status = s.status and t.kind = 'assign'
		       	           where s.letter_no = d.known_no) as may_assign
		from dated d
	)
	select c.line, c.fault, c.known_no, c.letter_no, c.called, c.office_code, c.registry_no,
	       case when c.day is null then letterwatch.clock() else c.received_at end,
	       coalesce(c.day, (letterwatch.clock() at time zone c.time_zone)::date), c.channel, c.rule_set, c.title, c.unit, c.handler,
	       c.source, c.source_ref,
	       case when not c.is_new and c.day <> coalesce((c.said).received_on, c.known_on) then letterwatch.clock() end,
	       case when (c.unit <> coalesce((c.said).unit, '') or c.handler <> coalesce((c.said).handler, '')) and c.may_assign
	             and (not c.has_notice or c.has_this_notice) and (not c.has_reply or c.has_this_reply) then letterwatch.clock() end,
	       case when not c.has_this_notice then c.notice_at end, c.notice_outcome,
	       case when not c.has_this_reply then c.reply_at end, c.outcome,
	       (c.said).corrections, (c.said).assignments, c.notice_on, c.reply_on
	from compared c
$$;
comment on function letterwatch.read_letters(bigint, bigint) is 'Reads lines of letters.';
