-- open_batch(source, file) → bigint: begins a batch of lines from a source; rows that name no source of their own get this one.
-- file: what it is called, a name that never comes twice; NULL: no file. NULL: this file was taken, or refused, before.
-- Callers: import.psql, pull_sources.
create or replace function letterwatch.open_batch(source text, file text default null) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	batch bigint;
begin
	perform set_config('letterwatch.source', source, true);
	insert into letterwatch.intake_batch (source, file, opened_by)
	values (open_batch.source, open_batch.file, letterwatch.invoker())
	on conflict on constraint intake_batch_file_key do nothing
	returning batch_id into batch;
	return batch;
end
$$;
comment on function letterwatch.open_batch(text, text) is 'Begins a batch of lines.';
