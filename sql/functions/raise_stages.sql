-- raise_stages(instance, moment, tids, leased_until): raises what is due at that moment of some deadlines, given by the ctid of their
-- locked rows: for each one alert, its latest stage whose time has come (while it is muted, the latest that mute does not hold back); moves each
-- to its next stage; puts the lines into the outbox of `instance`. What was told for this last day before is not told again, nor
-- stood for by a later stage: a last day may come back, and its stages be ahead again by another calendar or time zone.
-- Where there are several sites, each alert has its row everywhere, but its line only where a stage that it stands for is addressed
-- to an office of the database's own site: the other sites raise the same alert, by the same id.
-- A statement of its own after the rows were locked: it sees them as they then are (in one, the update would miss a row that was
-- re-dated meanwhile, while its alert is inserted).
-- Errors: any that a row makes, and one where a row cannot be dealt with; then nothing is raised.
-- Callers: raise_alerts, raise_or_park.
create or replace function letterwatch.raise_stages(instance bigint, moment timestamptz, tids tid[], leased_until timestamptz)
returns void
language plpgsql volatile
as $$
declare
	own_site int := (select p.site from letterwatch.planning p);
	handled int;
begin
	with due as materialized (
		select d.ctid as tid, d.letter_no, d.rule, d.since, d.due_on, d.office_code, d.unit, d.overdue_at, d.late_at,
		       d.provisional, d.muted_until, d.next_event_at, a.told,
		       greatest(d.first_stage - 1, letterwatch.stage_number(g.offsets, g.every, d.stage_done)) as done_no,
		       letterwatch.stage_number(g.offsets, g.every, a.told) as told_no,
		       o.calendar, o.time_zone, o.day_begins, o.path, o.level, o.site, o.sites,
		       g.measure, g.offsets, g.every, g.loud, g.last_no, g.overdue_no, g.stages, g.units, g.levels_up, g.severities,
		       ((d.overdue_at - interval '1 microsecond') at time zone o.time_zone)::date as base_on,
		       (moment at time zone o.time_zone)::date as today
		from letterwatch.deadline d
		cross join lateral (select x.* from letterwatch.office_setting x where x.office_code = d.office_code offset 0) o
		join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
		left join lateral (
			select max(x.stage_offset) as told
			from letterwatch.alert x
			where g.measure = 'workday'
			  and x.letter_no = d.letter_no and x.rule = d.rule and x.since = d.since and x.due_on = d.due_on
		) a on true
		where d.ctid = any (tids)
	), staged as materialized (
		select d.*, m.reached_no, least(m.reached_no, d.last_no) as stage_no,
		       o.occurrence, o.covered_no, o.stage_offset, t.at as stage_at, n.at as next_at, w.workdays_left, s.handler,
		       letterwatch.line_id(d.site::text, d.letter_no, d.rule, d.since::text, to_char(d.due_on, 'YYYY-MM-DD'), o.stage_offset::text,
		                           extract(epoch from t.at)::text) as alert_id
		from due d
		cross join lateral letterwatch.stage_reached(d.calendar, d.time_zone, d.day_begins, d.base_on, d.overdue_at, d.measure,
		                                             d.offsets, d.every, moment) r
		cross join lateral (
			select case when d.muted_until > moment then letterwatch.heard_stage(d.loud, d.last_no, r.stage_no) else r.stage_no end
			offset 0
		) m (reached_no)
		cross join lateral (
			select greatest(1, m.reached_no - d.last_no + 1) as occurrence,
			       greatest(d.done_no, d.told_no) as covered_no,
			       case when m.reached_no > d.done_no then letterwatch.stage_offset(d.offsets, d.every, m.reached_no) end as stage_offset
			offset 0
		) o
		left join lateral letterwatch.stage_time(d.calendar, d.time_zone, d.day_begins, d.base_on, d.overdue_at, d.measure,
		                                         d.offsets, d.every, m.reached_no) t on true
		left join lateral letterwatch.next_stage(d.calendar, d.time_zone, d.day_begins, d.base_on, d.overdue_at, d.measure,
		                                         d.offsets, d.every, d.loud, d.muted_until,
		                                         greatest(m.reached_no, d.done_no)) n on true
		left join lateral letterwatch.workdays_left(d.calendar, d.due_on, d.today, d.late_at <= moment) w on true
		left join lateral (select x.handler from letterwatch.letter_state x where x.letter_no = d.letter_no offset 0) s on true
	), moved as (
		update letterwatch.deadline d
		set stage_done = greatest(d.stage_done, s.stage_offset), reached = greatest(d.reached, s.told, s.stage_offset),
		    next_event_at = s.next_at
		from staged s
		where d.ctid = s.tid
		returning d.letter_no
	), raised as (
		insert into letterwatch.alert
			(alert_id, letter_no, rule, since, due_on, stage_no, occurrence, stage, severity, office_code, to_office, unit,
			 handler, stage_at, raised_at, late_s, covers, registered_late, provisional, days_left, workdays_left, stage_offset)
		select s.alert_id, s.letter_no, s.rule, s.since, s.due_on, s.stage_no, s.occurrence, s.stages[s.stage_no],
		       s.severities[s.stage_no], s.office_code, s.path[greatest(1, s.level - s.levels_up[s.stage_no])],
		       coalesce(s.units[s.stage_no], s.unit), s.handler, s.stage_at, moment,
		       floor(extract(epoch from moment - s.stage_at)), s.reached_no - s.covered_no, s.overdue_at > s.late_at,
		       s.provisional, s.due_on - s.today, s.workdays_left,
		       case when s.measure = 'workday' then s.stage_offset end
		from staged s
		where s.reached_no > s.covered_no
		on conflict do nothing
		returning alert_id
	), sent as (
		insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
		select s.alert_id, s.next_event_at, raise_stages.instance, raise_stages.leased_until
		from staged s
		where coalesce(s.alert_id in (select r.alert_id from raised r), false) -- hashed; a join would be a nested loop here
		  and (own_site is null
		       or exists (select from generate_series(s.covered_no + 1, s.reached_no) n (stage_no)
		                  where s.sites[greatest(1, s.level - s.levels_up[least(n.stage_no, s.last_no)])] = own_site))
	)
	select count(*) into handled from moved;
	if handled <> cardinality(tids) then
		raise exception 'its office, its stages, or the calendar of its days is missing';
	end if;
end
$$;
comment on function letterwatch.raise_stages(bigint, timestamptz, tid[], timestamptz) is 'Raises the alerts of locked deadlines.';
