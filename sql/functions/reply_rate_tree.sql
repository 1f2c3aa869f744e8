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
set work_mem = '64MB'
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
	select array_agg(s.office_code), array_agg(s.path[t.at + 1]), array_agg(s.level), max(t.at)
	into offices, children, levels, top
	from letterwatch.office_setting x
	cross join lateral (
		select x.* where past is null
		union all
		select p.* from letterwatch.office_then(x.office_code, past) p where past is not null
	) s
	cross join lateral (select coalesce(array_position(s.path, $1), 0)) t (at)
	where x.office_code in (select letterwatch.my_offices()) and (t.at > 0 or $1 is null);
	if $1 <> all (coalesce(offices, '{}')) then
		perform letterwatch.refuse('LW002', format('there is no office %s in sight', $1),
			'See: select office_code, name from letterwatch.office;');
	end if;

	return query
	with tally as (
		-- Office by office, each in the order of its index.
		select o.child, o.level, x.month, x.rule, x.verdict, sum(x.n)::int as n, sum(x.ended)::int as ended
		from unnest(offices, children, levels) o (office_code, child, level)
		cross join lateral (
			select d.due_month as month, d.rule, d.verdict, count(*)::int as n,
			       (count(*) filter (where d.late_at <= letterwatch.clock()))::int as ended
			from letterwatch.deadline d
			where past is null and d.office_code = o.office_code and d.verdict is not null
			  and d.due_month between first_month and last_month
			group by d.due_month, d.rule, d.verdict
			union all
			select d.due_month, d.rule, null, count(*)::int, (count(*) filter (where d.late_at <= letterwatch.clock()))::int
			from letterwatch.deadline d
			where past is null and d.office_code = o.office_code and d.state = 'open'
			  and d.due_on >= first_month and d.due_on < last_month + interval '1 month'
			group by d.due_month, d.rule
		) x
		group by o.child, o.level, x.month, x.rule, x.verdict
		union all
		select o.child, o.level, t.month, t.rule, t.verdict, t.n, t.ended
		from letterwatch.verdicts_then(offices, first_month, last_month, past) t
		join unnest(offices, children, levels) o (office_code, child, level) on o.office_code = t.office_code
		where past is not null
	), small as materialized (
		select t.child, t.level, t.month, t.rule, sum(k.due) as due, sum(k.in_time) as in_time, sum(k.late) as late,
		       sum(k.open_overdue) as open_overdue, sum(k.not_yet_due) as not_yet_due, sum(k.exempt) as exempt,
		       sum(k.not_owed) as not_owed, sum(k.in_time_entered_late) as in_time_entered_late
		from tally t
		cross join lateral letterwatch.counted(t.verdict, t.n, t.ended) k
		group by t.child, t.level, t.month, t.rule
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
