-- take_events(into_batch, first, last, keep_rejects) → what became of the lines first to last of intake_event_line: as
-- take_letters, for events.
-- Callers: take_lines.
create or replace function letterwatch.take_events(into_batch bigint, first bigint, last bigint, keep_rejects boolean)
returns letterwatch.intake_count
language plpgsql volatile
as $$
declare
	lines letterwatch.intake_event_row[] := array(select r from letterwatch.read_events(first, last) r order by r.line);
	faults letterwatch.intake_fault[];
	refused letterwatch.intake_fault[];
	named text; -- what the trigger names, see refuse_rows
	taken letterwatch.intake_count := row(0, 0, 0, 0);
begin
	select coalesce(array_agg(row('event', r.line, r.source, r.source_ref, r.letter_no, r.fault)::letterwatch.intake_fault
	                          order by r.line) filter (where r.fault is not null), '{}'),
	       count(*) filter (where r.fault is null and r.known)
	into faults, taken.known
	from unnest(lines) r;
	if not keep_rejects then
		perform letterwatch.keep_rejects(into_batch, false, faults);
	end if;

	loop
		begin
			insert into letterwatch.letter_event
				(letter_no, kind, occurred_at, rule, outcome, until, to_office, of_letter_no, of_event, unit, handler, channel,
				 approved_by, reason, informed_at, received_on, rule_set, source, source_ref, by_office, topic, leader)
			select r.letter_no, r.kind, r.occurred_at, r.rule, r.outcome, r.until, r.to_office, r.of_letter_no, r.of_event, r.unit,
			       r.handler, r.channel, r.approved_by, r.reason, r.informed_at, r.received_on, r.rule_set, r.source, r.source_ref,
			       r.by_office, r.topic, r.leader
			from unnest(lines) r
			where r.fault is null and not r.known
			order by r.line;
			get diagnostics taken.events = row_count;
			exit;
		exception when sqlstate 'LW001' or sqlstate 'LW002' or sqlstate 'LW003' or insufficient_privilege then
			get stacked diagnostics named = pg_exception_detail;
			refused := array(
				select row('event', r.line, r.source, r.source_ref, r.letter_no, n.message)::letterwatch.intake_fault
				from (select x.*, row_number() over (order by x.line) as place from unnest(lines) x where x.fault is null and not x.known) r
				join jsonb_to_recordset(coalesce(nullif(named, ''), '[]')::jsonb) n (place bigint, message text) on n.place = r.place);
			if cardinality(refused) = 0 then
				raise;
			end if;
		end;
		taken.events := 0;
		faults := faults || refused;
		lines := array(select r from unnest(lines) r where r.line not in (select f.line from unnest(refused) f) order by r.line);
	end loop;
	if cardinality(faults) > 0 then
		taken.rejected := letterwatch.keep_rejects(into_batch, keep_rejects, faults);
	end if;

	if exists (select from letterwatch.intake_rejected) then
		delete from letterwatch.intake_rejected i
		using unnest(lines) r
		where r.fault is null and i.what = 'event' and i.source = r.source and i.source_ref = r.source_ref
		  and (i.batch_id = into_batch) is not true
		  and not exists (select from unnest(faults) f where f.source = i.source and f.source_ref = i.source_ref);
	end if;
	return taken;
end
$$;
comment on function letterwatch.take_events(bigint, bigint, bigint, boolean) is 'Takes lines of events in, all or none.';
