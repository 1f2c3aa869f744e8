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
		from (select distinct o.time_zone, o.calendar from letterwatch.office_setting o) z
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
	), pair as materialized (
		select a.office_code as top, o.office_code, o.time_zone, o.calendar
		from letterwatch.office_setting o
		cross join unnest(o.path) p (office_code)
		join unnest(offices) a (office_code) on a.office_code = p.office_code
	), own as materialized (
		select o.office_code, s.today, s.workday, s.from_on, s.back_on, n.ended + l.late_today as overdue, n.ends_today - l.late_today as due_today,
		       n.due_soon, n.behind, n.oldest_due, l.suspended, l.baseline
		from (select distinct x.office_code, x.time_zone, x.calendar from pair x) o
		join span s on s.time_zone = o.time_zone and s.calendar = o.calendar
		cross join lateral (
			select count(*) filter (where d.due_on < s.today), count(*) filter (where d.due_on = s.today),
			       count(*) filter (where d.due_on > s.today and d.due_on <= s.soon_on),
			       count(*) filter (where d.due_on between s.from_on and s.back_on), min(d.due_on)
			from letterwatch.deadline d
			where d.office_code = o.office_code and d.state = 'open' and d.due_on <= greatest(s.soon_on, s.back_on)
		) n (ended, ends_today, due_soon, behind, oldest_due)
		cross join lateral (
			select (select count(*) from letterwatch.deadline x
			        where x.office_code = o.office_code and x.state = 'open' and x.due_on = s.today and x.late_at <= letterwatch.clock()),
			       (select count(*) from letterwatch.deadline x where x.office_code = o.office_code and x.state = 'suspended'),
			       (select count(*) from letterwatch.deadline x
			        where x.office_code = o.office_code and x.state = 'open' and x.baseline and x.overdue_at > x.late_at)
		) l (late_today, suspended, baseline)
	), told as (
		select p.top as office_code, count(*) > 1 as is_above,
		       max(w.today) filter (where p.office_code = p.top and w.workday) as today,
		       max(w.from_on) filter (where p.office_code = p.top) as from_on,
		       max(w.back_on) filter (where p.office_code = p.top) as back_on,
		       max(w.overdue) filter (where p.office_code = p.top) as overdue,
		       max(w.due_today) filter (where p.office_code = p.top) as due_today,
		       max(w.due_soon) filter (where p.office_code = p.top) as due_soon,
		       max(w.suspended) filter (where p.office_code = p.top) as suspended,
		       max(w.behind) filter (where p.office_code = p.top) as behind,
		       max(w.baseline) filter (where p.office_code = p.top) as baseline,
		       max(w.oldest_due) filter (where p.office_code = p.top) as oldest_due,
		       sum(w.overdue) as tree_overdue, sum(w.due_today) as tree_due_today, sum(w.due_soon) as tree_due_soon,
		       sum(w.suspended) as tree_suspended, sum(w.behind) as tree_behind, sum(w.baseline) as tree_baseline
		from pair p
		join own w on w.office_code = p.office_code
		group by p.top
		having sum(w.overdue + w.due_today + w.due_soon + w.suspended + w.behind) > 0
	), named as (
		insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
		select letterwatch.line_id('digest', t.office_code, to_char(t.today, 'YYYY-MM-DD')), 'digest', 5, letterwatch.clock(),
		       array['event', 'digest', 'office', t.office_code, 'day', to_char(t.today, 'YYYY-MM-DD'),
		             'overdue', t.overdue::text, 'due_today', t.due_today::text, 'due_soon', t.due_soon::text,
		             'suspended', t.suspended::text]
		       || case when t.baseline > 0 then array['baseline', t.baseline::text] end
		       || case when t.oldest_due is not null
		               then array['oldest', l.letter_no, 'oldest_due', to_char(t.oldest_due, 'YYYY-MM-DD')] end
		       || case when t.is_above
		               then array['tree_overdue', t.tree_overdue::text, 'tree_due_today', t.tree_due_today::text,
		                          'tree_due_soon', t.tree_due_soon::text, 'tree_suspended', t.tree_suspended::text] end
		       || case when t.is_above and t.tree_baseline > 0 then array['tree_baseline', t.tree_baseline::text] end
		       || case when t.tree_behind > 0
		               then array['break', to_char(t.from_on, 'YYYY-MM-DD'), 'back', to_char(t.back_on, 'YYYY-MM-DD'),
		                          'behind', t.behind::text] end
		       || case when t.is_above and t.tree_behind > 0 then array['tree_behind', t.tree_behind::text] end
		from told t
		left join lateral (
			select d.letter_no
			from letterwatch.deadline d
			where d.office_code = t.office_code and d.state = 'open' and d.due_on = t.oldest_due
			order by d.letter_no
			limit 1
		) l on true
		where t.today is not null
		on conflict (line_id) do nothing
		returning line_id, raised_at
	)
	insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
	select n.line_id, n.raised_at, raise_digests.instance, raise_digests.leased_until
	from named n;
end
$$;
comment on function letterwatch.raise_digests(bigint, text[], timestamptz) is 'Tells each office its day.';
