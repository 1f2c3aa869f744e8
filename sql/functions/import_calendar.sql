-- import_calendar(calendar, year, source) → (version, off, work, first_day, last_day), one row: takes the days that this
-- session has put into calendar_import (\copy letterwatch.calendar_import (day, kind, holiday) from …) as the list of that
-- year: its first, or the next version of one. source: the notice it comes from. It comes into force at the commit; open
-- deadlines are re-dated from then on, beside clerks' work, by the daemon (without one: select
-- letterwatch.redate_letters(1000), until it is 0). What is closed keeps the list that it was judged by.
-- Errors: LW001 with every fault of the list; LW002 an unknown calendar. Nothing is loaded then.
-- Callers: administrators.
create or replace function letterwatch.import_calendar(calendar text, year int, source text)
returns table (version int, off bigint, work bigint, first_day date, last_day date)
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	version := letterwatch.add_list($1, $2, $3);
	select count(*) filter (where i.kind = 'off'), count(*) filter (where i.kind = 'work'), min(i.day::date), max(i.day::date)
	into off, work, first_day, last_day
	from letterwatch.calendar_import i
	where i.loaded_by = letterwatch.session_key();
	delete from letterwatch.calendar_import i where i.loaded_by = letterwatch.session_key();
	return next;
end
$$;
comment on function letterwatch.import_calendar(text, int, text) is 'Takes a list of holidays from calendar_import.';
