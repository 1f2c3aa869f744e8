-- verdicts_then(offices, from_month, to_month, as_of) → rows: how many deadlines of some offices, with their last day in some months,
-- had which verdict (function verdict; NULL: open) and how many of them had ended: by what was recorded up to a moment, and by
-- the settings of that moment.
-- A deadline whose row has not changed since then is counted as it stands; the letters of all others are derived as they were, and
-- those of which it was not known yet whether a change of settings in force would move them.
-- Callers: reply_rate_tree.
create or replace function letterwatch.verdicts_then(offices text[], from_month date, to_month date, as_of timestamptz)
returns table (office_code text, month date, rule text, verdict text, n int, ended int)
language plpgsql stable parallel restricted
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
	letters text[] := array(
		select l.letter_no
		from letterwatch.letter l
		where l.letter_no in (
		      	select d.letter_no from letterwatch.deadline d where d.changed_at > as_of
		      	union
		      	select c.letter_no from letterwatch.deadline_change c where c.changed_at > as_of
		      	union
		      	select q.letter_no from letterwatch.replan_queue q
		      	union
		      	select d.letter_no
		      	from letterwatch.deadline d
		      	where d.state in ('open', 'suspended')
		      	  and exists (select from letterwatch.settings_change c
		      	              where c.job is not null and c.applied_at <= as_of and coalesce(c.redated_at, 'infinity') > as_of))
		  and l.registered_at <= as_of
		  and (l.office_code = any (offices)
		       or l.letter_no in (select e.letter_no from letterwatch.letter_event e where e.to_office = any (offices)))
		order by l.letter_no);
begin
	return query
	select d.office_code, d.month, d.rule, d.verdict, count(*)::int, (count(*) filter (where d.late_at <= as_of))::int
	from (
		select x.office_code, x.due_month as month, x.rule, x.verdict, x.late_at
		from letterwatch.deadline x
		where x.changed_at <= as_of and x.letter_no not in (select u from unnest(letters) u)
		union all
		select w.office_code, date_trunc('month', w.due_on::timestamp)::date, w.rule, w.verdict, w.late_at
		from letterwatch.derive(letters, as_of) w
		where w.rule is not null
	) d
	where d.month between from_month and to_month and d.office_code = any (offices)
	group by d.office_code, d.month, d.rule, d.verdict;
end
$$;
comment on function letterwatch.verdicts_then(text[], date, date, timestamptz) is
	'How many deadlines of offices had which verdict at an earlier moment.';
