-- derive_offices() → rows as in office_setting: the tree of offices with what each inherits. The root's defaults are Asia/Shanghai, cn,
-- procuratorate, 09:00, site 0. Offices in a circle or below more than 8 levels are not in it.
-- Callers: rebuild_offices, verify.
create or replace function letterwatch.derive_offices()
returns table (office_code text, path text[], level int, time_zone text, calendar text, rule_set text, day_begins time, site int,
               sites int[])
language sql stable
as $$
	with recursive tree as (
		select o.office_code, array[o.office_code] as path, 1 as level,
		       coalesce(o.time_zone, 'Asia/Shanghai') as time_zone, coalesce(o.calendar, 'cn') as calendar,
		       coalesce(o.rule_set, 'procuratorate') as rule_set, coalesce(o.day_begins, '09:00') as day_begins,
		       coalesce(o.site, 0) as site, array[coalesce(o.site, 0)] as sites
		from letterwatch.office o
		where o.parent_code is null
		union all
		select o.office_code, t.path || o.office_code, t.level + 1,
		       coalesce(o.time_zone, t.time_zone), coalesce(o.calendar, t.calendar),
		       coalesce(o.rule_set, t.rule_set), coalesce(o.day_begins, t.day_begins), coalesce(o.site, t.site),
		       t.sites || coalesce(o.site, t.site)
		from letterwatch.office o
		join tree t on o.parent_code = t.office_code
		where t.level < 8
	)
	select office_code, path, level, time_zone, calendar, rule_set, day_begins, site, sites
	from tree
$$;
comment on function letterwatch.derive_offices() is 'The tree of offices with what each inherits.';
