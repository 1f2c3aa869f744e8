-- needed_below(letters, whole) → rows as in outgoing: the letters that the next sites below need and do not have: those that an office
-- of such a site, or of one below it, has or had in charge, or that came to one, if they were registered or an event was recorded
-- elsewhere; whole: all of them. With all their events, and the offices that these name, with those above them and the settings
-- that each inherits. Titles and free text stay here.
-- A letter at a time by indexes, which stays good for few and for all.
-- Callers: hand_down, hand_back.
create or replace function letterwatch.needed_below(letters text[], whole boolean default false)
returns table (site int, letter_no text, letter jsonb, events jsonb, offices jsonb)
language sql stable
set timezone = 'UTC'
set jit = off
set max_parallel_workers_per_gather = 0
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
	with below as materialized (
		select distinct o.site, o.sites[u.last_own + 1] as child
		from letterwatch.planning p
		cross join (select distinct s.site, s.sites from letterwatch.office_setting s) o
		cross join lateral (select max(i) from generate_subscripts(o.sites, 1) i where o.sites[i] = p.site) u (last_own)
		where p.site = any (o.sites) and o.site <> p.site
	), concerned as (
		select distinct l.letter_no, b.child
		from letterwatch.letter l
		left join letterwatch.letter_state s on s.letter_no = l.letter_no
		cross join unnest(array[l.office_code::text, s.office_code::text] || s.former_offices) x (office_code)
		join letterwatch.office_setting o on o.office_code = x.office_code
		join below b on b.site = o.site
		where l.letter_no = any (letters)
	)
	select c.child, l.letter_no, to_jsonb(l) - '{title,source,source_ref}'::text[], e.events, f.offices
	from concerned c
	join letterwatch.letter l on l.letter_no = c.letter_no
	cross join lateral (
		select coalesce(jsonb_agg(to_jsonb(x) - '{reason,source,source_ref}'::text[] order by x.event_id), '[]') as events,
		       array_agg(x.to_office::text) || array_agg(x.by_office::text) as named,
		       bool_or(not exists (select from below b where b.site = x.event_id >> 48 and b.child = c.child)) as from_elsewhere
		from letterwatch.letter_event x
		where x.letter_no = c.letter_no
	) e
	cross join lateral (
		select coalesce(jsonb_agg(jsonb_build_object(
		       	'office_code', w.office_code, 'name', w.name, 'parent_code', w.parent_code, 'time_zone', s.time_zone,
		       	'calendar', s.calendar, 'rule_set', s.rule_set, 'day_begins', s.day_begins, 'site', s.site) order by s.office_code), '[]')
		from (select distinct a.office_code
		      from letterwatch.office_setting o
		      cross join unnest(o.path) a (office_code)
		      where o.office_code = any (e.named || l.office_code::text)) n
		join letterwatch.office w on w.office_code = n.office_code
		join letterwatch.office_setting s on s.office_code = n.office_code
		where c.child <> all (s.sites)
	) f (offices)
	where whole or e.from_elsewhere
	   or not exists (select from letterwatch.office_setting o
	                  join below b on b.site = o.site and b.child = c.child
	                  where o.office_code = l.office_code)
$$;
comment on function letterwatch.needed_below(text[], boolean) is 'Letters of which a site below does not know all.';
