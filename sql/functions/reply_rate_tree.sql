-- reply_rate_tree(office_code, from_month, to_month, as_of) → rows: the figures of reply_rate summed along the tree of offices, for
-- each month and, month NULL, for all of them together. `line` says of whom:
--     total   the office and all below it
--     own     the office itself
--     below   an office directly below it, with all below that
--     level   all offices of one level: the office's own, or one below it
-- office_code NULL: of all trees; total is the country. Months by any of their days; from_month NULL: this month; to_month NULL: the
-- same. Of offices that the session may see: a clerk's total is what his own offices did.
-- as_of: as known at that moment: what was recorded, and which rules, lists, settings and tree were in force. What such a call
-- returned once it returns for ever, whatever is entered, made void, corrected, re-dated or imported since. What counts is
-- recorded_at: ask for a moment that no transaction under way is older than; one that has not come yet is now.
-- Errors: LW002 no such office in sight.
-- Callers: people.
create or replace function letterwatch.reply_rate_tree(office_code text, from_month date default null, to_month date default null,
                                                       as_of timestamptz default null)
returns setof letterwatch.rate_line
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
	past timestamptz := case when as_of < letterwatch.clock() then as_of end;
	first_month date := date_trunc('month', coalesce(from_month, (coalesce(past, letterwatch.clock()))::date)::timestamp)::date;
	last_month date := date_trunc('month', coalesce(to_month, first_month)::timestamp)::date;
	top int := 0; -- the level of the office; 0: above the top ones
	offices text[];
	children text[];
	levels int[];
begin
	select array_agg(o.office_code), array_agg(o.path[o.at + 1]), array_agg(o.level), max(o.at)
	into offices, children, levels, top
	from (
		select s.office_code, s.path, s.level, coalesce(array_position(s.path, $1), 0) as at
		from (
			select (case when past is null then x else letterwatch.office_then(x.office_code, past) end).*
			from letterwatch.office_setting x
			where x.office_code in (select letterwatch.my_offices())
		) s
	) o
	where o.at > 0 or $1 is null;
	if offices is null then
		perform letterwatch.refuse('LW002', format('there is no office %s in sight', $1),
			'See: select office_code, name from letterwatch.office;');
	end if;

	return query
	with figure as (
		select r.month, r.office_code, r.rule, r.due, r.in_time, r.late, r.open_overdue, r.not_yet_due, r.exempt, r.not_owed,
		       r.in_time_entered_late
		from letterwatch.reply_rate r
		where past is null and r.office_code = any (offices) and r.month between first_month and last_month
		union all
		select r.*
		from letterwatch.reply_rate_then(offices, first_month, last_month, past) r
		where past is not null
	), small as materialized (
		select o.child, o.level, f.month, f.rule, sum(f.due) as due, sum(f.in_time) as in_time, sum(f.late) as late,
		       sum(f.open_overdue) as open_overdue, sum(f.not_yet_due) as not_yet_due, sum(f.exempt) as exempt,
		       sum(f.not_owed) as not_owed, sum(f.in_time_entered_late) as in_time_entered_late
		from figure f
		join unnest(offices, children, levels) o (office_code, child, level) on o.office_code = f.office_code
		group by o.child, o.level, f.month, f.rule
	)
	select l.line, l.level, l.office_code, o.name, s.month, s.rule, sum(s.due)::bigint, sum(s.in_time)::bigint,
	       sum(s.late)::bigint, sum(s.open_overdue)::bigint, sum(s.not_yet_due)::bigint, sum(s.exempt)::bigint,
	       sum(s.not_owed)::bigint, sum(s.in_time_entered_late)::bigint,
	       letterwatch.rate(sum(s.in_time), sum(s.due))::numeric(4, 1)
	from small s
	cross join lateral (
		values (1, 'total', nullif(top, 0), $1), (2, 'own', top, $1), (3, 'below', top + 1, s.child), (4, 'level', s.level, null)
	) l (rank, line, level, office_code)
	left join letterwatch.office o on o.office_code = l.office_code
	where l.line not in ('own', 'below') or (l.line = 'own') = (s.child is null)
	group by grouping sets ((l.rank, l.line, l.level, l.office_code, o.name, s.rule, s.month),
	                        (l.rank, l.line, l.level, l.office_code, o.name, s.rule))
	order by s.month nulls last, s.rule, l.rank, l.level, l.office_code;
end
$$;
comment on function letterwatch.reply_rate_tree(text, date, date, timestamptz) is
	'The figures of reply_rate summed along the tree of offices, as known now or at an earlier moment.';
