-- renumber_stages(letters): after a change of stages a number may stand for another stage: sets stage_done and reached of the
-- open deadlines of some letters to the last of the present stages that is not after the last one told. Told: the last alert for
-- the present date (its stage_offset, or its time where it has none), or, where stages were passed over silently at a re-dating, the
-- moment of that. Only what is not re-dated since the change of its stages; so repeating it changes nothing.
-- Callers: replan.
create or replace function letterwatch.renumber_stages(letters text[]) returns void
language sql volatile
as $$
	update letterwatch.deadline d
	set stage_done = n.stage_no, reached = n.stage_no
	from (
		select x.letter_no, x.rule, x.since, coalesce(letterwatch.stage_number(g.offsets, g.every, t.told), r.stage_no, 0) as stage_no
		from letterwatch.deadline x
		join letterwatch.office_setting o on o.office_code = x.office_code
		join letterwatch.stage_plan g on g.rule_set = x.rule_set and g.rule = x.rule
		cross join lateral (
			select max(a.stage_offset), coalesce(max(a.stage_at), case when x.stage_done >= x.first_stage then x.dated_at end)
			from letterwatch.alert a
			where a.letter_no = x.letter_no and a.rule = x.rule and a.since = x.since and a.due_on = x.due_on
		) t (told, told_at)
		left join lateral letterwatch.stage_reached(
			o.calendar, o.time_zone, o.day_begins, ((x.overdue_at - interval '1 microsecond') at time zone o.time_zone)::date,
			x.overdue_at, g.measure, g.offsets, g.every, t.told_at) r on true
		where x.letter_no = any (letters) and x.state = 'open'
		  and exists (select from letterwatch.settings_change c
		              where c.redated_at is null and x.rule_set = any (c.restaged) and x.dated_at < c.applied_at)
	) n
	where d.letter_no = n.letter_no and d.rule = n.rule and d.since = n.since and d.stage_done <> n.stage_no
$$;
comment on function letterwatch.renumber_stages(text[]) is 'Finds again, among changed stages, the last one told.';
