-- rules_held(office_code, own_rule_set, received_on, as_of) → (rules, untils, days), one row: the rules that letters received that day
-- are or were under, with what events did by them (rule_effects), and until when; NULL: they are still. Of each rule the older before
-- the younger, those that progress begins after all others. How they are counted, and all else, is as of now, and so is that they
-- may be suspended or extended: whoever was granted it once, has it. days: the days of receipt for which the answer is the same.
-- own_rule_set: the letters' own, NULL: they are under that of the office. as_of: as it was known at a moment, NULL: now.
-- Callers: derive_lives.
create or replace function letterwatch.rules_held(office_code text, own_rule_set text, received_on date, as_of timestamptz)
returns table (rules letterwatch.rule[], untils timestamptz[], days daterange)
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
	), present as (
		select x.rule_set, x.rule, x.valid_from, x.valid_to, to_jsonb(x) as body
		from (select distinct s.rule_set from stay s) s
		cross join lateral letterwatch.rules_then(s.rule_set, coalesce(as_of, 'infinity')) x
	), version as (
		select p.rule_set, p.rule, p.valid_from, p.valid_to, letterwatch.rule_effects(to_jsonb(p)) as effects, p.until
		from stay s
		join letterwatch.rule_past p on p.rule_set = s.rule_set and p.until > s.since and p.until <= coalesce(s.until, as_of, 'infinity')
		union all
		select x.rule_set, x.rule, x.valid_from, x.valid_to, letterwatch.rule_effects(to_jsonb(x)), s.until
		from stay s
		cross join lateral letterwatch.rules_then(s.rule_set, coalesce(s.until - interval '1 microsecond', as_of, 'infinity')) x
	), held as (
		select n.body, v.rule, v.effects, v.until,
		       bool_or(v.effects ->> 'begins' = 'progress') over (partition by v.rule) as follows,
		       lead((v.rule_set, v.effects)) over (partition by v.rule order by v.until nulls last) = (v.rule_set, v.effects) as goes_on
		from version v
		join present n on n.rule_set = v.rule_set and n.rule = v.rule
		where received_on between v.valid_from and v.valid_to and received_on between n.valid_from and n.valid_to
	)
	select coalesce(array_agg(jsonb_populate_record(null::letterwatch.rule, h.body || h.effects || jsonb_build_object(
	       	'may_suspend', (h.body -> 'may_suspend')::boolean or (h.effects -> 'may_suspend')::boolean,
	       	'may_extend', (h.body -> 'may_extend')::boolean or (h.effects -> 'may_extend')::boolean))
	       	order by h.follows, h.rule, h.until nulls last), '{}'),
	       coalesce(array_agg(h.until order by h.follows, h.rule, h.until nulls last), '{}'),
	       (select daterange(max(b.day) filter (where b.day <= received_on), min(b.day) filter (where b.day > received_on))
	        from (select v.valid_from, v.valid_to from version v union select n.valid_from, n.valid_to from present n) r
	        cross join lateral (
	        	values (r.valid_from), (case when r.valid_to < '5874897-12-31' then r.valid_to + 1 end)) b (day))
	from held h
	where h.goes_on is not true
$$;
comment on function letterwatch.rules_held(text, text, date, timestamptz) is 'The rules that letters are or were under, and until when.';
