-- raise_digests(instance, offices, leased_until): a line digest for each of these offices that has something to say on its today,
-- if that is a working day: what is overdue, due today, due within the 5 working days after it, suspended; the letter whose last
-- day comes first; of an office above others the same of all its offices together (tree_…). Where a break longer than a weekend
-- begins within these days: how much ends from then on up to the first working day after it (behind). baseline: how much of what
-- is overdue came with a first load and raises no alerts. At most one line an office and day.
-- Each office counts by its own calendar and zone. One pass over the open deadlines of these offices and those below that end
-- within these days, planned for the data that is there.
-- Callers: raise_daily_lines.
create or replace function letterwatch.raise_digests(instance bigint, offices text[], leased_until timestamptz) returns void
language plpgsql volatile
set plan_cache_mode = force_custom_plan
set enable_seqscan = on
set enable_hashjoin = on
set enable_mergejoin = on
as $$
begin
	if cardinality(offices) = 0 then
		return;
	end if;
	with span as materialized (
		select z.time_zone, z.calendar, t.today, c.workday, f.day as soon_on, b.from_on, b.back_on
		from (select distinct o.time_zone, o.calendar from letterwatch.office_setting o where o.path && offices) z
		cross join lateral (select (letterwatch.clock() at time zone z.time_zone)::date) t (today)
		join letterwatch.calendar_date c on c.calendar = z.calendar and c.day = t.today
		join letterwatch.calendar_date f on f.calendar = z.calendar and f.workday and f.workdays = c.workdays + 5
		left join lateral (
			select x.day + 1, x.next_workday
			from letterwatch.calendar_date x
			where x.calendar = z.calendar and x.workday and x.day between t.today and f.day and x.next_workday > x.day + 3
			order by x.day
			limit 1
		) b (from_on, back_on) on true
	), own as materialized (
		select o.office_code, o.path,
		       count(*) filter (where d.late_at <= letterwatch.clock()) as overdue,
		       count(*) filter (where d.due_on = s.today and d.late_at > letterwatch.clock()) as due_today,
		       count(*) filter (where d.due_on > s.today and d.due_on <= s.soon_on) as due_soon,
		       count(*) filter (where d.state = 'suspended') as suspended,
		       count(*) filter (where d.due_on between s.from_on and s.back_on) as behind,
		       count(*) filter (where d.baseline and d.overdue_at > d.late_at) as baseline,
		       min(d.due_on) as oldest_due
		from letterwatch.office_setting o
		join span s on s.time_zone = o.time_zone and s.calendar = o.calendar
		join letterwatch.deadline d on d.office_code = o.office_code
		where o.path && offices
		  and (d.state = 'open' and d.due_on <= greatest(s.soon_on, s.back_on) or d.state = 'suspended')
		group by o.office_code, o.path
	), tree as materialized (
		select p.office_code, sum(w.overdue) as overdue, sum(w.due_today) as due_today, sum(w.due_soon) as due_soon,
		       sum(w.suspended) as suspended, sum(w.behind) as behind, sum(w.baseline) as baseline
		from own w
		cross join unnest(w.path) p (office_code)
		where p.office_code = any (offices)
		group by p.office_code
	), named as (
		insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
		select letterwatch.line_id('digest', o.office_code, s.today::text), 'digest', 5, letterwatch.clock(),
		       array['event', 'digest', 'office', o.office_code, 'day', to_char(s.today, 'YYYY-MM-DD'),
		             'overdue', coalesce(w.overdue, 0)::text, 'due_today', coalesce(w.due_today, 0)::text,
		             'due_soon', coalesce(w.due_soon, 0)::text, 'suspended', coalesce(w.suspended, 0)::text]
		       || case when w.baseline > 0 then array['baseline', w.baseline::text] end
		       || case when w.oldest_due is not null then array['oldest', l.letter_no, 'oldest_due', to_char(w.oldest_due, 'YYYY-MM-DD')] end
		       || case when is_above then
		          array['tree_overdue', t.overdue::text, 'tree_due_today', t.due_today::text, 'tree_due_soon', t.due_soon::text,
		                'tree_suspended', t.suspended::text]
		          || case when t.baseline > 0 then array['tree_baseline', t.baseline::text] end end
		       || case when t.behind > 0 then array['break', to_char(s.from_on, 'YYYY-MM-DD'), 'back', to_char(s.back_on, 'YYYY-MM-DD'),
		                                            'behind', coalesce(w.behind, 0)::text]
		          || case when is_above then array['tree_behind', t.behind::text] end end
		from tree t
		join letterwatch.office_setting o on o.office_code = t.office_code
		join span s on s.time_zone = o.time_zone and s.calendar = o.calendar and s.workday
		cross join lateral (
			select exists (select from letterwatch.office x where x.parent_code = o.office_code)
		) a (is_above)
		left join own w on w.office_code = t.office_code
		left join lateral (
			select d.letter_no
			from letterwatch.deadline d
			where d.office_code = o.office_code and d.state = 'open' and d.due_on = w.oldest_due
			order by d.letter_no
			limit 1
		) l on true
		on conflict (line_id) do nothing
		returning line_id, raised_at
	)
	insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
	select n.line_id, n.raised_at, raise_digests.instance, raise_digests.leased_until
	from named n;
end
$$;
comment on function letterwatch.raise_digests(bigint, text[], timestamptz) is 'Tells each office its day.';
