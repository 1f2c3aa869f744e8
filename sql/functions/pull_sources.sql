-- pull_sources(source, whole, overlap) → (letters, events, known, rejected): takes what is new or changed in a registry that cannot
-- be changed. Two views that an admin writes over it, letterwatch_source.letter and letterwatch_source.event (either may be
-- absent), have the columns of intake_letter and intake_event that it knows, by name, among them source_ref.
-- With a column changed_at (a timestamp, with or without a zone: when the row was last changed; never NULL) only rows changed
-- since the last time are read, less overlap for what was committed late; and those that were rejected. Without it, those whose
-- source_ref is not here: changes are not seen then. whole: every row is read and compared.
-- One transaction: where the link breaks, nothing of it stands, and the next time reads all of it. Rows that do not fit are in
-- intake_rejected. It runs with the caller's rights. source: for rows that name none, and for the line in the log.
-- Errors: LW001 a column that intake_letter or intake_event has not, or no source_ref; those of reading the views.
-- Callers: letterwatch-pull.service.
create or replace function letterwatch.pull_sources(source text default 'registry', whole boolean default false,
                                                    overlap interval default '10 minutes',
                                                    out letters bigint, out events bigint, out known bigint, out rejected bigint)
language plpgsql volatile
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	batch bigint;
	closed letterwatch.intake_batch;
	what text;
begin
	perform pg_advisory_xact_lock(hashtext('letterwatch pull'));
	batch := letterwatch.open_batch(source);
	foreach what in array array['letter', 'event'] loop
		if to_regclass('letterwatch_source.' || what) is not null then
			perform letterwatch.stage_source(what, source, whole, overlap);
			perform letterwatch.take_batch(batch, what);
		end if;
	end loop;
	closed := letterwatch.close_batch(batch);
	letters := closed.letters;
	events := closed.events;
	known := closed.known;
	rejected := closed.rejected;
end
$$;
comment on function letterwatch.pull_sources(text, boolean, interval) is 'Takes what is new or changed in a registry.';
