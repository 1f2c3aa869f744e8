-- redate_deadlines(job, at_most) → (seen, last_seen), one row: dates the next open deadlines, at most at_most, that a changed
-- calendar may concern, from what their rows hold: no event is read. seen: how many it looked at; last_seen: the key of the last,
-- in the order in which it goes through them.
-- Concerned (days of job: first_day to last_day): whose last day lies where a changed day can be rolled over or, as a stage,
-- counted back to; what has ended before and whose next stage comes after one; of rules that count working days, whose period
-- holds one.
-- Waits for nobody: a row that somebody holds leaves its letter to replan_queue.
-- Callers: redate_letters.
create or replace function letterwatch.redate_deadlines(job letterwatch.settings_change, at_most int)
returns table (seen int, last_seen text[])
language plpgsql volatile
set plan_cache_mode = force_custom_plan
set jit = off
set enable_seqscan = off
set enable_mergejoin = off
as $$
declare
	back int := (select coalesce(max(-o), 0) from letterwatch.stage_plan g, unnest(g.offsets) o where g.measure = 'workday');
	span int := (select case when bool_or(r.may_suspend or r.may_extend) then 22000
	                         else 60 + coalesce(max(r.amount * case r.unit when 'month' then 31 else 2 end), 0) end
	             from letterwatch.rule r
	             where r.unit = 'workday' or r.count_from = 'next_workday');
	tids tid[];
	letters text[];
	locked tid[];
	suspended text[];
begin
	-- What is suspended has no place in that order. It may have ended now, before its pause.
	if job.done_upto is null then
		suspended := array(
			select distinct d.letter_no
			from letterwatch.office_setting o
			join letterwatch.deadline d on d.office_code = o.office_code and d.state = 'suspended'
			where o.calendar = any (job.calendars));
		perform letterwatch.replan_or_queue(suspended[: at_most], job);
		insert into letterwatch.replan_queue (letter_no, why, changed_by, session_role)
		select x, job.job, job.changed_by, job.session_role
		from unnest(suspended[at_most + 1 :]) x
		on conflict (letter_no) do nothing;
	end if;

	with reach as materialized (
		select c.calendar, e.day as reach_on, greatest(e.day, job.last_day + span) as upto_on
		from unnest(job.calendars) c (calendar)
		join letterwatch.calendar_date b on b.calendar = c.calendar and b.day = job.last_day
		join letterwatch.calendar_date e on e.calendar = c.calendar and e.workday and e.workdays = b.workdays + back + 2
	), concerned as (
		select d.*
		from letterwatch.office_setting o
		join reach h on h.calendar = o.calendar
		cross join lateral (
			select d.ctid as tid, d.office_code, d.due_on, d.letter_no, d.rule, d.since
			from letterwatch.deadline d
			join letterwatch.rule r on r.rule_set = d.rule_set and r.rule = d.rule and r.valid_from = d.rule_from
			where d.state = 'open' and d.office_code = o.office_code and d.due_on <= h.upto_on and r.unit <> 'second'
			  and (d.due_on, d.letter_no, d.rule, d.since) >
			      (case when o.office_code = job.done_upto[1] then job.done_upto[2]::date else '-infinity' end,
			       case when o.office_code = job.done_upto[1] then job.done_upto[3] else '' end,
			       case when o.office_code = job.done_upto[1] then job.done_upto[4] else '' end,
			       case when o.office_code = job.done_upto[1] then job.done_upto[5]::bigint else 0 end)
			  and (d.due_on between job.first_day - 1 and h.reach_on
			       or d.due_on < job.first_day and d.next_event_at >= job.first_day::timestamp at time zone o.time_zone
			       or (r.unit = 'workday' or r.count_from = 'next_workday')
			          and d.start_on <= job.last_day and d.due_on >= job.first_day - 1)
			order by d.due_on, d.letter_no, d.rule, d.since
			limit at_most
		) d
		where o.office_code >= coalesce(job.done_upto[1], '')
		order by d.office_code, d.due_on, d.letter_no, d.rule, d.since
		limit at_most
	)
	select coalesce(array_agg(c.tid), '{}'), coalesce(array_agg(c.letter_no), '{}'), count(*),
	       (select array[l.office_code, l.due_on::text, l.letter_no, l.rule, l.since::text]
	        from concerned l
	        order by l.office_code desc, l.due_on desc, l.letter_no desc, l.rule desc, l.since desc
	        limit 1)
	into tids, letters, seen, last_seen
	from concerned c;

	locked := array(select d.ctid from letterwatch.deadline d where d.ctid = any (tids) for no key update skip locked);
	insert into letterwatch.replan_queue (letter_no, why, changed_by, session_role)
	select distinct c.letter_no, job.job, job.changed_by, job.session_role
	from unnest(tids, letters) c (tid, letter_no)
	where not exists (select from unnest(locked) l (tid) where l.tid = c.tid)
	on conflict (letter_no) do nothing;

	perform letterwatch.date_deadlines(locked, job);
	return next;
end
$$;
comment on function letterwatch.redate_deadlines(letterwatch.settings_change, int) is
	'Dates open deadlines by a changed calendar, a batch at a time.';
