-- plan_daily_lines(): keeps daily_line up with the settings, as daily_mornings. What should have come by now stays as it is;
-- what was planned by a clock that was set back since is planned anew.
-- Callers: apply_settings, raise_daily_lines, install.sql.
create or replace function letterwatch.plan_daily_lines() returns void
language sql volatile
as $$
	with wanted as materialized (
		select * from letterwatch.daily_mornings()
	), unused as (
		delete from letterwatch.daily_line l
		where not exists (select from wanted w where w.event = l.event and w.subject = l.subject)
	)
	insert into letterwatch.daily_line as l (event, subject, next_at, planned_at)
	select w.event, w.subject, w.next_at, letterwatch.clock()
	from wanted w
	order by w.event, w.subject
	on conflict (event, subject) do update
	set next_at = excluded.next_at, planned_at = excluded.planned_at
	where l.planned_at > excluded.planned_at or l.next_at > excluded.planned_at and l.next_at <> excluded.next_at
$$;
comment on function letterwatch.plan_daily_lines() is 'Plans the lines that come by the day.';
