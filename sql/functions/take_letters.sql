-- take_letters(into_batch, first, last, keep_rejects) → what became of the lines first to last of intake_letter_line: inserts them
-- and their history, or what is new about letters that are here. What reading finds at fault is kept in intake_rejected, or
-- refused (LW001, LW002) without keep_rejects. What the triggers of letter and letter_event refuse is an error, and nothing of
-- these lines stands; but where they name what is wrong with which row (refuse_rows), the others are tried again without those.
-- Callers: take_lines.
create or replace function letterwatch.take_letters(into_batch bigint, first bigint, last bigint, keep_rejects boolean)
returns letterwatch.intake_count
language plpgsql volatile
as $$
declare
	lines letterwatch.intake_letter_row[] := array(select r from letterwatch.read_letters(first, last) r order by r.line);
	faults letterwatch.intake_fault[];
	refused letterwatch.intake_fault[];
	named text; -- what the triggers name, see refuse_rows
	taken letterwatch.intake_count := row(0, 0, 0, 0);
begin
	select coalesce(array_agg(row('letter', r.line, r.source, r.source_ref, r.known_no, r.fault)::letterwatch.intake_fault
	                          order by r.line) filter (where r.fault is not null), '{}')
	into faults
	from unnest(lines) r;
	if not keep_rejects then
		perform letterwatch.keep_rejects(into_batch, false, faults);
	end if;

	loop
		begin
			insert into letterwatch.letter
				(letter_no, office_code, registry_no, received_at, received_on, channel, rule_set, title, source, source_ref)
			select r.letter_no, r.office_code, r.registry_no, r.received_at, r.received_on, r.channel, r.rule_set, r.title, r.source,
			       r.source_ref
			from unnest(lines) r
			where r.fault is null and r.known_no is null;
			get diagnostics taken.letters = row_count;

			if exists (select
			           from unnest(lines) r
			           where r.fault is null and coalesce(r.corrected_at, r.assigned_at, r.notice_at, r.reply_at) is not null) then
				insert into letterwatch.letter_event
					(letter_no, kind, occurred_at, outcome, unit, handler, received_on, reason, source, source_ref)
				select coalesce(r.known_no, r.letter_no), e.kind, e.occurred_at, e.outcome, e.unit, e.handler, e.received_on, e.reason,
				       r.source, case when r.source is not null then e.source_ref end
				from unnest(lines) r
				cross join lateral (values
					(1, 'correct', r.corrected_at, null, null, null, r.received_on, 'said anew by its source',
					 concat_ws('/', r.source_ref, 'correct', coalesce(r.corrections, 0) + 1)),
					(2, 'assign', r.assigned_at, null, r.unit, r.handler, null, null,
					 concat_ws('/', r.source_ref, 'assign', coalesce(r.assignments, 0) + 1)),
					(3, 'notice', r.notice_at, r.notice_outcome, r.unit, r.handler, null, null,
					 concat_ws('/', r.source_ref, 'notice', r.notice_outcome, r.notice_on)),
					(4, r.reply_kind, r.reply_at, null, r.unit, r.handler, null, null,
					 concat_ws('/', r.source_ref, r.reply_kind, r.reply_on))
				) e (place, kind, occurred_at, outcome, unit, handler, received_on, reason, source_ref)
				where r.fault is null and e.occurred_at is not null
				order by r.line, e.place;
				get diagnostics taken.events = row_count;
			end if;
			exit;
		exception when sqlstate 'LW001' or sqlstate 'LW002' or sqlstate 'LW003' or insufficient_privilege then
			-- If a letter stands in two lines, it would not be known which of them is at fault.
			get stacked diagnostics named = pg_exception_detail;
			refused := array(
				select row('letter', r.line, r.source, r.source_ref, r.known_no,
				           letterwatch.as_called(n.message, r.called))::letterwatch.intake_fault
				from (select distinct on (x.letter_no) x.letter_no, x.message
				      from jsonb_to_recordset(coalesce(nullif(named, ''), '[]')::jsonb) x (letter_no text, message text, place int)
				      order by x.letter_no, x.place) n
				join unnest(lines) r on r.fault is null and n.letter_no = coalesce(r.known_no, r.letter_no));
			if cardinality(refused) = 0
			   or (select count(distinct coalesce(r.known_no, r.letter_no)) < count(*) from unnest(lines) r where r.fault is null) then
				raise;
			end if;
		end;
		taken := row(0, 0, 0, 0);
		faults := faults || refused;
		lines := array(select r from unnest(lines) r where r.line not in (select f.line from unnest(refused) f) order by r.line);
	end loop;
	if cardinality(faults) > 0 then
		taken.rejected := letterwatch.keep_rejects(into_batch, keep_rejects, faults);
	end if;
	taken.known := (
		select count(*)
		from unnest(lines) r
		where r.fault is null and r.known_no is not null
		  and coalesce(r.corrected_at, r.assigned_at, r.notice_at, r.reply_at) is null);

	if exists (select from letterwatch.intake_rejected) then
		delete from letterwatch.intake_rejected i
		using unnest(lines) r
		where r.fault is null and i.what = 'letter' and i.source = r.source and i.source_ref = r.source_ref
		  and (i.batch_id = into_batch) is not true
		  and not exists (select from unnest(faults) f where f.source = i.source and f.source_ref = i.source_ref);
	end if;
	return taken;
end
$$;
comment on function letterwatch.take_letters(bigint, bigint, bigint, boolean) is 'Takes lines of letters in, all or none.';
