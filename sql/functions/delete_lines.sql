-- delete_lines(what): deletes the lines of letters or events (what) that this transaction brought and that are taken.
-- Callers: take_staged, take_batch.
create or replace function letterwatch.delete_lines(what text) returns void
language plpgsql volatile
as $$
begin
	if what = 'letter' then
		delete from letterwatch.intake_letter_line l where l.batch = pg_current_xact_id();
	else
		delete from letterwatch.intake_event_line l where l.batch = pg_current_xact_id();
	end if;
end
$$;
comment on function letterwatch.delete_lines(text) is 'Deletes lines that are taken in.';
