-- take_batch(batch, what, malformed) → what became of the lines of letters or events (what) that this transaction has put into
-- intake_letter_line or intake_event_line. Those that do not fit are in intake_rejected, with the lines of the file that they
-- stand in, if it is one: the header is line 1, and a field may hold line breaks. malformed: records of the file that cannot be
-- read, as import.psql names them; they came as blank ones.
-- Errors: LW002 the batch is not open: that is, not begun by this transaction.
-- Callers: import.psql, pull_sources.
create or replace function letterwatch.take_batch(batch bigint, what text, malformed int[] default '{}')
returns letterwatch.intake_count
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	first bigint;
	last bigint;
	found bigint;
	of_file boolean := (select b.file is not null from letterwatch.intake_batch b where b.batch_id = batch and b.ended_at is null);
	taken letterwatch.intake_count := row(0, 0, 0, 0);
begin
	if of_file is null then
		perform letterwatch.refuse('LW002', format('batch %s is not open', batch), 'open_batch begins one, in the same transaction.');
	end if;
	if what = 'letter' then
		select min(l.line), max(l.line), count(*) into first, last, found
		from letterwatch.intake_letter_line l
		where l.batch = pg_current_xact_id();
	else
		select min(l.line), max(l.line), count(*) into first, last, found
		from letterwatch.intake_event_line l
		where l.batch = pg_current_xact_id();
	end if;
	if found > 0 then
		taken := letterwatch.take_lines(what, batch, first, last, true);
		if taken.rejected > 0 and of_file then
			perform letterwatch.number_rejects(batch, what);
		end if;
		taken.rejected := taken.rejected + letterwatch.keep_rejects(batch, true, array(
			select row(what, malformed[i][1], null, null, null,
			           case
			           when malformed[i][3] < 0 then 'a quote or a carriage return stands amid a field'
			           else 'not as many fields as the header has columns' end)::letterwatch.intake_fault
			from generate_subscripts(malformed, 1) i
			where malformed[i][3] <> 0));
		update letterwatch.intake_rejected r
		set last_line = malformed[i][2]
		from generate_subscripts(malformed, 1) i
		where r.batch_id = batch and r.what = take_batch.what and r.line = malformed[i][1] and malformed[i][3] <> 0;
		found := found - (
			select coalesce(sum(malformed[i][2] - malformed[i][1]), 0)
			from generate_subscripts(malformed, 1) i
			where malformed[i][3] <> 0);
		perform letterwatch.delete_lines(what);
		update letterwatch.intake_batch b
		set lines = b.lines + found, letters = b.letters + taken.letters, events = b.events + taken.events,
		    known = b.known + taken.known, rejected = b.rejected + taken.rejected
		where b.batch_id = batch;
	end if;
	return taken;
end
$$;
comment on function letterwatch.take_batch(bigint, text, int[]) is 'Takes in the lines of a batch.';
