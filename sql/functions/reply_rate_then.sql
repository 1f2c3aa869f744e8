-- reply_rate_then(offices, from_month, to_month, as_of) → rows as of reply_rate: the figures of some offices, in some months, by what
-- was recorded up to a moment, the settings of that moment, and what had ended by then.
-- A deadline whose row has not changed since then is counted as it stands; the letters of all others are derived as they were.
-- Callers: reply_rate_tree.
create or replace function letterwatch.reply_rate_then(offices text[], from_month date, to_month date, as_of timestamptz)
returns table (month date, office_code text, rule text, due bigint, in_time bigint, late bigint, open_overdue bigint,
               not_yet_due bigint, exempt bigint, not_owed bigint, in_time_entered_late bigint)
language plpgsql stable
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
		      	select c.letter_no from letterwatch.deadline_change c where c.changed_at > as_of)
		  and l.registered_at <= as_of
		  and (l.office_code = any (offices)
		       or exists (select from letterwatch.letter_event e where e.letter_no = l.letter_no and e.to_office = any (offices)))
		order by l.letter_no);
begin
	return query
	select c.month, c.office_code, c.rule, sum(k.due)::bigint, sum(k.in_time)::bigint, sum(k.late)::bigint,
	       sum(k.open_overdue)::bigint, sum(k.not_yet_due)::bigint, sum(k.exempt)::bigint, sum(k.not_owed)::bigint,
	       sum(k.in_time_entered_late)::bigint
	from (
		select d.month, d.office_code, d.rule, d.verdict, d.late_at <= as_of as ended, count(*) as n
		from (
			select x.due_month as month, x.office_code, x.rule, x.verdict, x.late_at
			from letterwatch.deadline x
			where x.changed_at <= as_of and x.letter_no not in (select u from unnest(letters) u)
			union all
			select date_trunc('month', w.due_on::timestamp)::date, w.office_code, w.rule, w.verdict, w.late_at
			from letterwatch.derive(letters, as_of) w
			where w.rule is not null
		) d
		where d.month between from_month and to_month and d.office_code = any (offices)
		group by d.month, d.office_code, d.rule, d.verdict, ended
	) c
	cross join lateral letterwatch.counted(c.verdict, c.ended, c.n) k
	group by c.month, c.office_code, c.rule;
end
$$;
comment on function letterwatch.reply_rate_then(text[], date, date, timestamptz) is 'The figures of offices as they were known at a moment.';
