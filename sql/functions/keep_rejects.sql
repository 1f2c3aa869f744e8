-- keep_rejects(into_batch, keep, faults) → bigint: notes in intake_rejected what cannot be taken, in place of what was noted about
-- the same row before this batch; how many. What a registry still says wrong, for the same reason, stays noted and is not counted
-- again. Blank lines are passed over. A reason is noted as one line, whatever the value holds that it tells of. Without keep the
-- first fault is refused instead: 42501 another office's, LW002 something named is not there, LW001 otherwise.
-- Callers: take_letters, take_events, take_lines, take_batch.
create or replace function letterwatch.keep_rejects(into_batch bigint, keep boolean, faults letterwatch.intake_fault[]) returns bigint
language plpgsql volatile
as $$
declare
	of_file boolean := exists (select from letterwatch.intake_batch b where b.batch_id = into_batch and b.file is not null);
	rejected bigint;
begin
	if cardinality(faults) > 0 and not keep then
		if faults[1].reason ~ ' is not of an office of yours$' then
			perform letterwatch.refuse_foreign(regexp_replace(faults[1].reason, ' is not of an office of yours$', ''));
		end if;
		perform letterwatch.refuse(
			case when faults[1].reason ~ '(unknown|there is no) ' then 'LW002' else 'LW001' end,
			case when faults[1].reason <> '' then faults[1].reason else format('a %s without anything in it', faults[1].what) end,
			case
			when faults[1].reason ~ 'office' then 'See: select office_code, name from letterwatch.office;'
			else 'Days and moments are written as 2026-11-03, 2026/11/3, 2026年11月3日, 2026-11-03 10:30.' end);
	end if;
	faults := array(
		select row(f.what, f.line, f.source, f.source_ref, f.letter_no,
		           regexp_replace(f.reason, '[[:cntrl:]]', ' ', 'g'))::letterwatch.intake_fault
		from unnest(faults) f);
	delete from letterwatch.intake_rejected i
	using unnest(faults) f
	where i.source = f.source and i.source_ref = f.source_ref and i.what = f.what and (i.batch_id = into_batch) is not true
	  and (of_file or i.line is not null
	       or not exists (select
	                      from unnest(faults) g
	                      where g.source = i.source and g.source_ref = i.source_ref and g.reason = i.reason));
	insert into letterwatch.intake_rejected (what, batch_id, line, source, source_ref, letter_no, reason)
	select f.what, into_batch, case when of_file then f.line end, f.source, f.source_ref, f.letter_no, f.reason
	from unnest(faults) f
	where f.reason <> ''
	  and (of_file or not exists (select
	                              from letterwatch.intake_rejected i
	                              where i.source = f.source and i.source_ref = f.source_ref and i.what = f.what
	                                and i.reason = f.reason));
	get diagnostics rejected = row_count;
	return rejected;
end
$$;
comment on function letterwatch.keep_rejects(bigint, boolean, letterwatch.intake_fault[]) is
	'Notes what cannot be taken in, or refuses it.';
