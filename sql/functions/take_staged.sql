-- take_staged(what): trigger after a statement has inserted into intake_letter or intake_event: takes what it put among the lines
-- of letters or events (what). All or nothing; but with the setting letterwatch.rejects = keep a row that does not fit goes to
-- intake_rejected, and nobody's transaction fails for it. The setting letterwatch.letters_upto (or events_upto) says how far its
-- lines are taken.
create or replace function letterwatch.take_staged() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	what constant text := tg_argv[0];
	setting constant text := format('letterwatch.%ss_upto', what);
	upto bigint := coalesce(nullif(current_setting(setting, true), ''), '0');
	first bigint;
	last bigint;
begin
	if what = 'letter' then
		select min(l.line), max(l.line) into first, last
		from letterwatch.intake_letter_line l
		where l.batch = pg_current_xact_id() and l.line > upto;
	else
		select min(l.line), max(l.line) into first, last
		from letterwatch.intake_event_line l
		where l.batch = pg_current_xact_id() and l.line > upto;
	end if;
	if first is not null then
		perform set_config(setting, last::text, true);
		perform letterwatch.take_lines(what, null, first, last, coalesce(current_setting('letterwatch.rejects', true), '') = 'keep');
		perform letterwatch.delete_lines(what);
	end if;
	return null;
end
$$;
comment on function letterwatch.take_staged() is 'Takes in what a statement brought.';
