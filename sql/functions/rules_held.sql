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
		select u.rule_set, lag(u.until, 1, '-infinity') over (order by u.until nulls last) as since, u.until,
		       coalesce(u.until - interval '1 microsecond', as_of, 'infinity') as as_of
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
		join letterwatch.rule_past p on p.rule_set = s.rule_set and p.until > s.since and p.until <= s.as_of
		union all
		select to_jsonb(x), x.rule_set, x.rule, x.valid_from, x.valid_to, x.recorded_at, s.since, s.until
		from stay s
		cross join lateral letterwatch.rules_then(s.rule_set, s.as_of) x
	), first as (
		select b.rule_set, min(b.recorded_at) as recorded_at
		from (select distinct on (x.rule_set, x.rule, x.valid_from) x.rule_set, x.recorded_at
		      from (select r.rule_set, r.rule, r.valid_from, r.recorded_at, null as until from letterwatch.rule r
		            union all
		            select p.rule_set, p.rule, p.valid_from, p.recorded_at, p.until from letterwatch.rule_past p) x
		      order by x.rule_set, x.rule, x.valid_from, x.until nulls last) b
		group by b.rule_set
	), spanned as (
		-- The first rows of a rule set are in force ever since; one that came later, or came back, from then on.
		-- (One that was recorded after it had ended was entered while a clock ran ahead.)
		select v.*, greatest(v.since, case when v.recorded_at > f.recorded_at and v.recorded_at < coalesce(v.until, 'infinity')
		                                   then v.recorded_at end, lag(v.until) over by_time) as from_at,
		       lag(v.until) over by_time < v.recorded_at
		       or lag((v.since, letterwatch.rule_effects(v.body))) over by_time
		          is distinct from (v.since, letterwatch.rule_effects(v.body)) as begins_anew
		from version v
		join first f on f.rule_set = v.rule_set
		where received_on between v.valid_from and v.valid_to
		window by_time as (partition by v.rule order by v.until nulls last, v.recorded_at)
	), run as (
		select s.*, count(*) filter (where s.begins_anew) over (partition by s.rule order by s.until nulls last, s.recorded_at) as nth
		from spanned s
	), held as (
		-- The last one under a rule set is by what all was judged that was open then, whenever it had been recorded.
		select r.body, r.rule, r.until,
		       case when lead(r.since) over by_time is distinct from r.since then r.since
		            else first_value(r.from_at) over (partition by r.rule, r.nth order by r.until nulls last, r.recorded_at) end as since,
		       lead(r.nth) over by_time = r.nth as goes_on,
		       bool_or(r.body ->> 'begins' = 'progress') over (partition by r.rule) as follows
		from run r
		window by_time as (partition by r.rule order by r.until nulls last, r.recorded_at)
	)
	select coalesce(array_agg(jsonb_populate_record(null::letterwatch.rule, h.body) order by h.follows, h.rule, h.until nulls last), '{}'),
	       coalesce(array_agg(h.since order by h.follows, h.rule, h.until nulls last), '{}'),
	       coalesce(array_agg(h.until order by h.follows, h.rule, h.until nulls last), '{}'),
	       (select daterange(max(b.day) filter (where b.day <= received_on), min(b.day) filter (where b.day > received_on))
	        from version v
	        cross join lateral (
	        	values (v.valid_from), (case when v.valid_to < '5874897-12-31' then v.valid_to + 1 end)) b (day))
	from held h
	where h.goes_on is not true and (h.until is null or h.since < h.until)
$$;
comment on function letterwatch.rules_held(text, text, date, timestamptz) is 'The rules that letters are or were under, and when.';
