-- calendar_heirs(calendars) → text[]: these calendars and all that inherit from them.
-- Callers: apply_settings, preview.
create or replace function letterwatch.calendar_heirs(calendars text[]) returns text[]
language sql stable
as $$
	with recursive heirs as (
		select c.calendar::text from letterwatch.calendar c where c.calendar = any (calendars)
		union
		select c.calendar from letterwatch.calendar c join heirs h on c.parent = h.calendar
	)
	select coalesce(array_agg(h.calendar order by h.calendar), '{}') from heirs h
$$;
comment on function letterwatch.calendar_heirs(text[]) is 'Calendars and all that inherit from them.';
