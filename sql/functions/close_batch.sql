-- close_batch(batch, fault) → intake_batch: ends a batch and raises its line `intake`: source, letters, events, known, rejected. A
-- batch of no file that brought nothing leaves no trace, one that is not open nothing but NULLs. fault: why the file is refused as a whole; NULL: it is not.
-- Callers: import.psql, pull_sources.
create or replace function letterwatch.close_batch(batch bigint, fault text default null) returns letterwatch.intake_batch
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	b letterwatch.intake_batch;
	id uuid;
begin
	update letterwatch.intake_batch x
	set ended_at = clock_timestamp(), fault = close_batch.fault
	where x.batch_id = batch and x.ended_at is null
	returning x.* into b;
	if not found then
		return b;
	end if;
	if b.file is null and b.letters + b.events + b.rejected = 0 then
		delete from letterwatch.intake_batch x where x.batch_id = batch;
		return b;
	end if;

	id := letterwatch.line_id('intake', b.batch_id::text, b.source, b.file, b.started_at::text);
	insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
	values (id, 'intake', case when b.rejected > 0 or b.fault is not null then 4 else 6 end, letterwatch.clock(),
	        array['event', 'intake', 'source', b.source, 'letters', b.letters::text, 'events', b.events::text, 'known', b.known::text,
	              'rejected', b.rejected::text]
	        || case when b.fault is not null then array['refused', 'true'] end);
	insert into letterwatch.outbox (line_id, stage_at) values (id, letterwatch.clock());
	notify letterwatch_due;
	return b;
end
$$;
comment on function letterwatch.close_batch(bigint, text) is 'Ends a batch and tells of it.';
