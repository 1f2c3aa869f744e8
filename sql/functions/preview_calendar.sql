-- preview_calendar(calendar, year) → (letter_no, rule, old_due, new_due): which open deadlines import_calendar would re-date.
-- Nothing is changed, nobody waits, and the days stay in calendar_import.
-- Errors: those of import_calendar.
-- Callers: administrators, before import_calendar.
create or replace function letterwatch.preview_calendar(calendar text, year int)
returns table (letter_no text, rule text, old_due date, new_due date)
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	found jsonb;
begin
	begin
		perform letterwatch.add_list($1, $2, 'preview');
		select jsonb_agg(to_jsonb(p)) into found from letterwatch.preview() p;
		raise exception using errcode = 'LW999';
	exception when sqlstate 'LW999' then
		null; -- and with it everything that it did
	end;
	return query select x.letter_no, x.rule, x.old_due, x.new_due
	from jsonb_to_recordset(found) x (letter_no text, rule text, old_due date, new_due date)
	order by x.new_due, x.letter_no, x.rule;
end
$$;
comment on function letterwatch.preview_calendar(text, int) is 'Which open deadlines an import of calendar_import would re-date.';
