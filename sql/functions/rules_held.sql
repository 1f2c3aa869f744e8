-- rules_held(office_code, own_rule_set, received_on, as_of) → (rules, sinces, untils, days), one row: the rules that letters received
-- that day are or were under, each as it was, from when to when; until NULL: it is so still. A row that changed only in how it is
-- counted (not in rule_effects) is one with the next. Of each rule the older before the younger, those that progress begins after
-- all others. days: the days of receipt for which the answer is the same.
-- own_rule_set: the letters' own, NULL: they are under that of the office. as_of: as it was known at a moment, NULL: now.
-- Callers: derive_lives.
create or replace function letterwatch.rules_held(office_code text, own_rule_set text, received_on date, as_of timestamptz)
returns table (rules letterwatch.rule[], sinces timestamptz[], untils timestamptz[], days daterange)
language sql stable
as $$
	with stay as (
		select u.rule_set, lag(u.until, 1, '-infinity') over (order by u.until nulls last) as since, u.until
		from (
			select w.rule_set, w.until, lead(w.rule_set) over (order by w.until nulls last) as next
			from (
				select p.rule_set, p.until
				from letterwatch.office_setting_past p
				where p.office_code = rules_held.office_code and own_rule_set is null and p.until <= coalesce(as_of, 'infinity')
				union all
				select coalesce(own_rule_set, (letterwatch.office_then(rules_held.office_code, coalesce(as_of, 'infinity'))).rule_set), null
			) w
		) u
		where u.next is distinct from u.rule_set
	), version as (
		select to_jsonb(p) as body, p.rule_set, p.rule, p.valid_from, p.valid_to, p.recorded_at, s.since, p.until
		from stay s
		join letterwatch.rule_past p on p.rule_set = s.rule_set and p.until > s.since and p.until <= coalesce(s.until, as_of, 'infinity')
		union all
		select to_jsonb(x), x.rule_set, x.rule, x.valid_from, x.valid_to, x.recorded_at, s.since, s.until
		from stay s
		cross join lateral letterwatch.rules_then(s.rule_set, coalesce(s.until - interval '1 microsecond', as_of, 'infinity')) x
	), lasting as (
		select v.*, lead((v.rule_set, letterwatch.rule_effects(v.body))) over after_it = (v.rule_set, letterwatch.rule_effects(v.body)) as goes_on
		from version v
		where received_on between v.valid_from and v.valid_to
		window after_it as (partition by v.rule order by v.until nulls last, v.recorded_at)
	), held as (
		-- The last one under a rule set is by what all was judged that was open then, whenever it had been recorded.
		select v.body, v.rule, v.until,
		       case when lead(v.since) over by_time is distinct from v.since then v.since
		            else greatest(v.since, lag(v.until) over by_time) end as since,
		       bool_or(v.body ->> 'begins' = 'progress') over (partition by v.rule) as follows
		from lasting v
		where v.goes_on is not true
		window by_time as (partition by v.rule order by v.until nulls last, v.recorded_at)
	)
	select coalesce(array_agg(jsonb_populate_record(null::letterwatch.rule, h.body) order by h.follows, h.rule, h.until nulls last), '{}'),
	       coalesce(array_agg(h.since order by h.follows, h.rule, h.until nulls last), '{}'),
	       coalesce(array_agg(h.until order by h.follows, h.rule, h.until nulls last), '{}'),
	       (select daterange(max(b.day) filter (where b.day <= received_on), min(b.day) filter (where b.day > received_on))
	        from version v
	        cross join lateral (
	        	values (v.valid_from), (case when v.valid_to < '5874897-12-31' then v.valid_to + 1 end)) b (day))
	from held h
	where h.until is null or h.since < h.until
$$;
comment on function letterwatch.rules_held(text, text, date, timestamptz) is 'The rules that letters are or were under, and when.';
