-- check_import(calendar, year) → (line, fault): what is wrong with the list of holidays that this session has put into
-- calendar_import, each fault with the number of its line (NULL: of the whole list). Empty: nothing.
-- Days are ISO dates and stay dates: no time zone touches them. Half a list: holidays that the newest list before it names are
-- missing altogether (several on one day are parted by 、 or a comma).
-- Callers: add_list, administrators.
create or replace function letterwatch.check_import(calendar text, year int) returns table (line bigint, fault text)
language sql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
	with put as (
		select row_number() over (order by i.line) as line, i.day as day_text, i.kind, i.holiday,
		       case when i.day ~ '^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'
		                 and substr(i.day, 9)::int <= extract(day from make_date(substr(i.day, 1, 4)::int, substr(i.day, 6, 2)::int, 1)
		                                                               + interval '1 month - 1 day')
		            then i.day::date end as day
		from letterwatch.calendar_import i
		where i.loaded_by = letterwatch.session_key()
	), week as (
		select c.parent, c.weekend from letterwatch.calendar c where c.calendar = check_import.calendar
	), earlier as (
		select l.year, l.version
		from letterwatch.calendar_list l
		where l.calendar = check_import.calendar and l.year <= check_import.year
		order by l.year desc, l.version desc
		limit 1
	)
	select p.line, format('%s is not a date like 2027-01-31', coalesce(p.day_text, 'nothing'))
	from put p
	where p.day is null
	union all
	select p.line, format('%s is neither off nor work', coalesce(p.kind, 'nothing'))
	from put p
	where p.kind is null or p.kind not in ('off', 'work')
	union all
	select p.line, format('%s is not a day of %s, nor of the December before', p.day, year)
	from put p
	where p.day not between make_date(year - 1, 12, 1) and make_date(year, 12, 31)
	union all
	select max(p.line), format('%s stands there %s times', p.day, count(*))
	                    || case when count(distinct p.kind) > 1 then ', as off and as work' else '' end
	from put p
	where p.day is not null
	group by p.day
	having count(*) > 1
	union all
	select p.line, format('%s is a make-up working day, but a working day anyhow', p.day)
	from put p
	cross join week w
	where p.kind = 'work' and extract(isodow from p.day) <> all (w.weekend)
	  and (w.parent is null or (select d.workday from letterwatch.calendar_date d where d.calendar = w.parent and d.day = p.day))
	union all
	select null, 'there are no days: put them into letterwatch.calendar_import in this session first'
	where not exists (select from put)
	union all
	select null, format('%s is missing, which the list of %s names', x.holiday, e.year)
	from earlier e
	join letterwatch.calendar_day d
		on d.calendar = check_import.calendar and d.year = e.year and d.version = e.version and d.kind = 'off'
	cross join lateral regexp_split_to_table(d.holiday, '[、，,]\s*') x (holiday)
	where x.holiday <> '' and exists (select from put)
	group by x.holiday, e.year
	having not exists (select from put p cross join lateral regexp_split_to_table(p.holiday, '[、，,]\s*') h (holiday)
	                   where p.kind = 'off' and h.holiday = x.holiday)
$$;
comment on function letterwatch.check_import(text, int) is 'What is wrong with a list of holidays before it is imported.';
