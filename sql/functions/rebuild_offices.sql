-- rebuild_offices() → text[]: derives office_setting again from the tree of offices. Returns the offices whose time zone,
-- calendar, rule set or office hours changed; the earlier settings go to office_setting_past, the earlier place in the tree too.
-- Refused (LW001): a circle, more than 8 levels, an unknown time zone. LW003: an office is removed that letters came to, or that ordered a report.
-- Callers: apply_settings, preview.
create or replace function letterwatch.rebuild_offices() returns text[]
language plpgsql volatile
as $$
declare
	changed text[];
	removed text[];
	wrong text;
begin
	select o.office_code into wrong
	from letterwatch.office o
	where o.time_zone is not null and not exists (select from pg_timezone_names z where z.name = o.time_zone)
	limit 1;
	if found then
		perform letterwatch.refuse('LW001', format('office %s has an unknown time zone', wrong),
			'Take a name from pg_timezone_names, such as Asia/Shanghai.');
	end if;

	with tree as materialized (
		select * from letterwatch.derive_offices()
	), differs as (
		select s.*, (t.time_zone, t.calendar, t.rule_set, t.day_begins) is distinct from
		            (s.time_zone, s.calendar, s.rule_set, s.day_begins) as in_settings
		from letterwatch.office_setting s
		join tree t on t.office_code = s.office_code
		where (t.path, t.time_zone, t.calendar, t.rule_set, t.day_begins) is distinct from
		      (s.path, s.time_zone, s.calendar, s.rule_set, s.day_begins)
	), kept as (
		insert into letterwatch.office_setting_past
			(office_code, path, level, time_zone, calendar, rule_set, day_begins, site, sites, until)
		select s.office_code, s.path, s.level, s.time_zone, s.calendar, s.rule_set, s.day_begins, s.site, s.sites, 'infinity'
		from differs s
		on conflict do nothing
	), gone as (
		delete from letterwatch.office_setting s
		where not exists (select from tree t where t.office_code = s.office_code)
		returning s.office_code
	), written as (
		insert into letterwatch.office_setting as s
			(office_code, path, level, time_zone, calendar, rule_set, day_begins, site, sites)
		select office_code, path, level, time_zone, calendar, rule_set, day_begins, site, sites
		from tree
		on conflict (office_code) do update
		set (path, level, time_zone, calendar, rule_set, day_begins, site, sites) =
			(excluded.path, excluded.level, excluded.time_zone, excluded.calendar, excluded.rule_set,
			 excluded.day_begins, excluded.site, excluded.sites)
		where s is distinct from excluded
	)
	select (select array_agg(office_code) from differs where in_settings), array(select office_code from gone) into changed, removed;

	select o.office_code into wrong
	from letterwatch.office o
	where not exists (select from letterwatch.office_setting s where s.office_code = o.office_code)
	limit 1;
	if found then
		perform letterwatch.refuse('LW001', format('office %s stands in a circle, or below more than 8 levels', wrong),
			'Follow parent_code up from it: it must end at an office without one.');
	end if;

	if cardinality(removed) > 0 then
		select x into wrong
		from unnest(removed) x
		where exists (select from letterwatch.letter l where l.office_code = x)
		   or exists (select from letterwatch.letter_event e where e.to_office = x or e.by_office = x)
		limit 1;
		if found then
			perform letterwatch.refuse('LW003', format('office %s has had letters', wrong),
				'An office that has had letters, or has ordered a report, stays; give it another parent or name instead.');
		end if;
	end if;
	return coalesce(changed, '{}');
end
$$;
comment on function letterwatch.rebuild_offices() is 'Derives the inherited settings of all offices.';
