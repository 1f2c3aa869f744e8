-- take_lines(what, into_batch, first, last, keep_rejects) → what became of the lines first to last, of letters or events (what).
-- Some thousand at a time. The triggers are asked to name all that they refuse (setting letterwatch.faults). Where they refuse
-- what they cannot name, a value is too long for an index, or even reading a line fails, the half of the lines that it stands in
-- is tried, and so on, until it stands alone and is kept in intake_rejected. Without keep_rejects what they refuse is refused as
-- it is. So the checks and their words are those of letter and letter_event, whichever way a row comes. A row whose (source,
-- source_ref) another transaction has just brought is read once more. On the way application_name says how far it is.
-- Errors: without keep_rejects those of letter_refusal, event_refusal and keep_rejects, LW001 a value is too long, LW004 a number
-- is taken; what is no fault of a row ends all of it.
-- Callers: take_staged, take_batch.
create or replace function letterwatch.take_lines(what text, into_batch bigint, first bigint, last bigint, keep_rejects boolean)
returns letterwatch.intake_count
language plpgsql volatile
as $$
declare
	at_most constant bigint := 5000;
	at_most_noted constant int := 300; -- characters, of what intake_rejected finds a row by
	taken letterwatch.intake_count := row(0, 0, 0, 0);
	part letterwatch.intake_count;
	upto bigint := first - 1;
	state text;
	message text;
	hint text;
	key text;
	letter letterwatch.intake_letter_row;
	event letterwatch.intake_event_row;
begin
	if last - first >= at_most then
		while upto < last loop
			perform set_config('application_name', format('letterwatch-intake %s %ss', taken.letters + taken.events, what), true);
			part := letterwatch.take_lines(what, into_batch, upto + 1, least(upto + at_most, last), keep_rejects);
			taken := row(taken.letters + part.letters, taken.events + part.events, taken.known + part.known,
			             taken.rejected + part.rejected);
			upto := upto + at_most;
		end loop;
		return taken;
	end if;

	for try in 1 .. 2 loop
		begin
			perform set_config('letterwatch.faults', case when keep_rejects then what else '' end, true);
			if what = 'letter' then
				taken := letterwatch.take_letters(into_batch, first, last, keep_rejects);
			else
				taken := letterwatch.take_events(into_batch, first, last, keep_rejects);
			end if;
			perform set_config('letterwatch.faults', '', true);
			return taken;
		exception when others then
			get stacked diagnostics
				state = returned_sqlstate, message = message_text, hint = pg_exception_hint, key = constraint_name;
			if state !~ '^(LW00[1-4]|22...|23...|42501|54000)$' or not keep_rejects and state not in ('23505', '54000') then
				raise;
			end if;
		end;
		exit when first < last or key not in ('letter_source', 'letter_event_source');
	end loop;

	if first < last then
		upto := (first + last) / 2;
		taken := letterwatch.take_lines(what, into_batch, first, upto, keep_rejects);
		part := letterwatch.take_lines(what, into_batch, upto + 1, last, keep_rejects);
		return row(taken.letters + part.letters, taken.events + part.events, taken.known + part.known,
		           taken.rejected + part.rejected);
	end if;
	-- A line that cannot be read is known by its number in its source alone.
	begin
		letter := (select r from letterwatch.read_letters(first, first) r where what = 'letter');
		event := (select r from letterwatch.read_events(first, first) r where what = 'event');
	exception when data_exception or program_limit_exceeded then
		select nullif(btrim(l.source_ref), ''),
		       coalesce(nullif(btrim(l.source), ''), nullif(current_setting('letterwatch.source', true), ''))
		into letter.source_ref, letter.source
		from (
			select l.source, l.source_ref
			from letterwatch.intake_letter_line l
			where what = 'letter' and l.batch = pg_current_xact_id() and l.line = first
			union all
			select l.source, l.source_ref
			from letterwatch.intake_event_line l
			where what = 'event' and l.batch = pg_current_xact_id() and l.line = first
		) l;
	end;
	if state = '54000' then
		state := 'LW001';
		message := 'one of its values is too long';
		hint := 'Numbers, names of sources and topics have some hundred bytes at most.';
	elsif key = 'letter_pkey' then
		state := 'LW004';
		message := format('letter number %s is taken', letter.letter_no);
		hint := 'With source and source_ref a letter may come again; without them each row is a new letter.';
	elsif key = 'letter_registry_no' then
		state := 'LW004';
		message := format('registry number %s of office %s is taken in %s', letter.registry_no, letter.office_code,
		                  extract(year from letter.received_on));
		hint := 'It is unique in its office and year of receipt.';
	elsif letter.called is not null then
		message := letterwatch.as_called(message, letter.called);
	end if;
	if not keep_rejects then
		perform letterwatch.refuse(state, message, hint);
	end if;
	taken.rejected := letterwatch.keep_rejects(into_batch, true, array[
		row(what, first, left(coalesce(letter.source, event.source), at_most_noted),
		    left(coalesce(letter.source_ref, event.source_ref), at_most_noted), coalesce(letter.known_no, event.letter_no),
		    message)::letterwatch.intake_fault]);
	return taken;
end
$$;
comment on function letterwatch.take_lines(text, bigint, bigint, bigint, boolean) is
	'Takes lines in, and finds those that do not fit.';
