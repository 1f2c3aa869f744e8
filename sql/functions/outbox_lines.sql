-- outbox_lines(instance, language) → (line_id, severity, fields, late_us): what `instance` has to send now: what has waited longest
-- first, by the oldest stage that a line stands for.
-- severity: 0 to 7 as in syslog(3). fields: key, value, key, value, … in the order of the line; msg last (language en, zh or
-- none). late_us: microseconds from the time of its stage, or from when it was raised, to the beginning of this statement; negative
-- where a claim has waited for it. Nothing in them is a person's: no name, contact, title, text or reason.
-- Index lookups only, as in claim_due. Locks no row.
-- Callers: the daemon (store.c), after a claim; claim_due.
create or replace function letterwatch.outbox_lines(instance bigint, language text)
returns table (line_id uuid, severity int2, fields text[], late_us bigint)
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
	return query
	select x.line_id, coalesce(a.severity, l.severity)::int2,
	       case when l.event = 'digest' and language <> 'none'
	            then l.fields || array['msg', letterwatch.digest_message(language, jsonb_object(l.fields))]
	            when a.alert_id is null then l.fields
	       else array['event', 'alert', 'id', a.alert_id::text, 'stage', a.stage, 'rule', a.rule, 'office', a.office_code,
	                  'letter', a.letter_no, 'due', to_char(a.due_on, 'YYYY-MM-DD'), 'days_left', a.days_left::text,
	                  'workdays_left', a.workdays_left::text, 'to', a.to_office, 'unit', a.unit]
	            || case when a.handler is not null then array['handler', a.handler] end
	            || case when a.late_s > 0 then array['late_s', a.late_s::text] end
	            || case when a.covers > 1 then array['covers', a.covers::text] end
	            || case when a.registered_late and a.stage = 'overdue' then array['registered_late', 'true'] end
	            || case when a.provisional then array['provisional', 'true'] end
	            || case when language <> 'none' then array['msg', letterwatch.alert_message(language, a.alert, r.en, r.zh, s.en, s.zh)] end
	       end,
	       (1000000 * extract(epoch from letterwatch.clock() - coalesce(a.stage_at, x.stage_at)))::bigint
	from letterwatch.outbox x
	left join lateral (select y as alert, y.* from letterwatch.alert y where y.alert_id = x.line_id offset 0) a on true
	left join letterwatch.term r on r.category = 'rule' and r.code = a.rule
	left join letterwatch.term s on s.category = 'stage' and s.code = a.stage
	left join lateral (select y.* from letterwatch.log_line y where y.line_id = x.line_id offset 0) l on true
	where x.instance = outbox_lines.instance
	order by x.stage_at, x.line_id;
end
$$;
comment on function letterwatch.outbox_lines(bigint, text) is 'The lines that a daemon has to send.';
