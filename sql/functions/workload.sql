-- workload(office_code, days) → rows, one for each of the next `days` working days of that office, today included: how many open
-- deadlines of the office and all below it end on it, and under which rules. days_off: the days without work just before it, so
-- that what piles up behind a break is seen before it. What ends on a day off stands at the last working day before it (a
-- statutory period never does, it rolls). Only offices that the caller may see are counted.
-- Errors: LW001 days is not 1 to 366; LW002 an unknown office.
-- Callers: people.
create or replace function letterwatch.workload(office_code text, days int default 20)
returns table (day date, days_off int, deadlines bigint, letters bigint, rules text)
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	o letterwatch.office_setting;
	today date;
begin
	select s.* into o from letterwatch.office_setting s where s.office_code = workload.office_code;
	if not found then
		perform letterwatch.refuse('LW002', coalesce('unknown office ' || workload.office_code, 'workload of no office'),
			'See: select office_code, name from letterwatch.office;');
	elsif days is null or days not between 1 and 366 then
		perform letterwatch.refuse('LW001', format('workload of %s days', coalesce(days::text, 'no')), 'Take 1 to 366 working days.');
	end if;
	today := (letterwatch.clock() at time zone o.time_zone)::date;

	return query
	with coming as materialized (
		select c.day, c.workdays
		from letterwatch.calendar_date c
		where c.calendar = o.calendar and c.workday and c.day >= today
		order by c.day
		limit workload.days
	), ending as (
		select greatest(c.workdays, (select min(x.workdays) from coming x)) as workdays, d.rule, d.letter_no
		from letterwatch.office_setting s
		join letterwatch.deadline d on d.office_code = s.office_code and d.state = 'open'
		join letterwatch.calendar_date c on c.calendar = o.calendar and c.day = d.due_on
		where s.path @> array[o.office_code::text] and s.office_code in (select letterwatch.my_offices())
		  and d.due_on >= today and d.late_at > (select letterwatch.clock())
		  and d.due_on < (select max(x.day) + 32 from coming x) and c.workdays <= (select max(x.workdays) from coming x)
	), by_rule as (
		select e.workdays, e.rule, count(*) as n
		from ending e
		group by e.workdays, e.rule
	), by_day as (
		select e.workdays, count(*) as deadlines, count(distinct e.letter_no) as letters
		from ending e
		group by e.workdays
	)
	select w.day, w.day - 1 - p.day, coalesce(b.deadlines, 0), coalesce(b.letters, 0),
	       (select string_agg(r.rule || ' ' || r.n, ', ' order by r.n desc, r.rule) from by_rule r where r.workdays = w.workdays)
	from coming w
	join letterwatch.calendar_date p on p.calendar = o.calendar and p.workday and p.workdays = w.workdays - 1
	left join by_day b on b.workdays = w.workdays
	order by w.day;
end
$$;
comment on function letterwatch.workload(text, int) is 'Deadlines per coming working day of an office and all below it.';
