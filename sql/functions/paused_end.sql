-- paused_end(calendar, first_on, nominal_on, in_workdays, pauses) → date: where a period ends of which some days do not count:
-- first_on is the first day that counts, nominal_on the end without pauses. Each paused day up to the end moves the end by a
-- day, and so may bring further ones in; in_workdays: each paused working day by a working day. With the paused days numbered
-- 0, 1, 2, … in their order, number k moves the end if it is not after the end as moved k times.
-- NULL: a pause without end (upper bound NULL) begins up to that end, or the end leaves the planning horizon.
-- Callers: period_end.
create or replace function letterwatch.paused_end(calendar text, first_on date, nominal_on date, in_workdays boolean,
                                                  pauses datemultirange) returns date
language sql stable parallel safe
as $$
	with endless as (
		select coalesce(min(lower(r)), 'infinity') as since from unnest(pauses) r where upper_inf(r)
	), paused as (
		select case when in_workdays then c.workdays else c.day - nominal_on end - row_number() over (order by c.day) + 1 as needs
		from endless n
		join letterwatch.calendar_date c
			on c.calendar = paused_end.calendar
			and c.day >= greatest(first_on, lower(pauses)) and c.day < least(n.since, coalesce(upper(pauses), 'infinity'))
		where pauses @> c.day and (c.workday or not in_workdays)
	), moved as (
		select n.workdays + count(p.needs) as workdays, nominal_on + count(p.needs)::int as day
		from letterwatch.calendar_date n
		left join paused p on p.needs <= case when in_workdays then n.workdays else 0 end
		where n.calendar = paused_end.calendar and n.day = nominal_on
		group by n.workdays
	), ended as (
		select e.day
		from moved m
		join letterwatch.calendar_date e on e.calendar = paused_end.calendar and e.workday and e.workdays = m.workdays
		where in_workdays
		union all
		select m.day
		from moved m
		where not in_workdays
	)
	select e.day
	from ended e
	cross join endless n
	where e.day < n.since
$$;
comment on function letterwatch.paused_end(text, date, date, boolean, datemultirange) is 'The end of a period with pauses.';
