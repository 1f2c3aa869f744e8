-- office_then(office_code, as_of) → office_setting: the settings of an office, and its place in the tree, that were in force at that
-- moment; for an office that is younger its first ones.
-- Callers: derive_lives, event_sequence, reply_rate_tree.
create or replace function letterwatch.office_then(office_code text, as_of timestamptz) returns letterwatch.office_setting
language sql stable
as $$
	select o
	from (
		select row(p.office_code, p.path, p.level, p.time_zone, p.calendar, p.rule_set, p.day_begins, p.site,
		           p.sites)::letterwatch.office_setting,
		       p.until
		from letterwatch.office_setting_past p
		where p.office_code = office_then.office_code and p.until > as_of
		union all
		select s, null
		from letterwatch.office_setting s
		where s.office_code = office_then.office_code
	) o (o, until)
	order by o.until nulls last
	limit 1
$$;
comment on function letterwatch.office_then(text, timestamptz) is 'The settings of an office at an earlier moment.';
