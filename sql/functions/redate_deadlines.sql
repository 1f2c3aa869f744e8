-- redate_deadlines(job, at_most) → (seen, last_seen), one row: dates the next open deadlines, at most at_most, that a changed
-- calendar may concern, from what their rows hold: no event is read. seen: how many it looked at; last_seen: the key of the last,
-- in the order in which it goes through them, office by office.
-- Concerned (days of job: first_day to last_day): whose last day lies where a changed day can be rolled over or, as a stage,
-- counted back to; what has ended before and whose next stage comes after one; of rules that count working days, whose period
-- holds one; what begins where another ends (begins progress), if it begins after one, or if that was an office's before.
-- Waits for nobody: a row that somebody holds leaves its letter to replan_queue.
-- Callers: redate_letters.
create or replace function letterwatch.redate_deadlines(job letterwatch.settings_change, at_most int)
returns table (seen int, last_seen text[])
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	back int := (select coalesce(max(-o), 0) from letterwatch.stage_plan g, unnest(g.offsets) o where g.measure = 'workday');
	span int := (select case when bool_or(r.may_suspend or r.may_extend) then 22000
	                         else 60 + coalesce(max(r.amount * case r.unit when 'month' then 31 else 2 end), 0) end
	             from letterwatch.rule r
	             where r.unit = 'workday' or r.count_from = 'next_workday' or r.begins = 'progress');
	office record;
	part record;
	tids tid[] := '{}';
	letters text[] := '{}';
	locked tid[];
	anew text[];
begin
	-- What is suspended has no place in that order; it may have ended now, before its pause. Nor has what begins where another ends that
	-- an office had before: by the calendar of that one.
	if job.done_upto is null then
		anew := array(
			select d.letter_no
			from letterwatch.office_setting o
			join letterwatch.deadline d on d.office_code = o.office_code and d.state = 'suspended'
			where o.calendar = any (job.calendars)
			union
			select s.letter_no
			from letterwatch.letter_state s
			where s.former_offices <> '{}'
			  and s.former_offices && array(select o.office_code::text from letterwatch.office_setting o where o.calendar = any (job.calendars))
			  and exists (
				select
				from letterwatch.deadline d
				join letterwatch.rule r on r.rule_set = d.rule_set and r.rule = d.rule and r.valid_from = d.rule_from
				where d.letter_no = s.letter_no and d.state in ('open', 'suspended') and r.begins = 'progress'));
		perform letterwatch.replan_or_queue(anew[: at_most], job);
		insert into letterwatch.replan_queue (letter_no, why, changed_by, session_role)
		select x, job.job, job.changed_by, job.session_role
		from unnest(anew[at_most + 1 :]) x
		order by x
		on conflict (letter_no) do nothing;
	end if;

	-- A loop, for it ends with the batch: one statement goes through the offices that are left, batch by batch.
	for office in
		select o.office_code, r.reach_on, greatest(r.reach_on, job.last_day + span) as upto_on,
		       job.first_day::timestamp at time zone o.time_zone as first_at,
		       case when o.office_code = job.done_upto[1] then job.done_upto else array[null, '-infinity', '', '', '0'] end as after
		from letterwatch.office_setting o
		join letterwatch.calendar_date b on b.calendar = o.calendar and b.day = job.last_day
		left join letterwatch.calendar_date e on e.calendar = o.calendar and e.workday and e.workdays = b.workdays + back + 2
		cross join lateral (select coalesce(e.day, 'infinity')) r (reach_on) -- beyond the planning horizon
		where o.calendar = any (job.calendars) and o.office_code >= coalesce(job.done_upto[1], '')
		order by o.office_code
	loop
		select count(*) as n, array_agg(c.tid) as tids, array_agg(c.due_on) as due, array_agg(c.letter_no) as letters,
		       array_agg(c.rule) as rules, array_agg(c.since) as sinces
		into part
		from (
			select d.ctid as tid, d.due_on, d.letter_no, d.rule, d.since
			from letterwatch.deadline d
			where d.state = 'open' and d.office_code = office.office_code and d.due_on <= office.upto_on
			  and (d.due_on, d.letter_no, d.rule, d.since) >
			      (office.after[2]::date, office.after[3], office.after[4], office.after[5]::bigint)
			  and (d.due_on between job.first_day - 1 and office.reach_on
			       or d.due_on < job.first_day and d.next_event_at >= office.first_at
			       or d.due_on >= job.first_day - 1
			          and (select (r.unit = 'workday' or r.count_from = 'next_workday') and d.start_on <= job.last_day
			                      or r.begins = 'progress' and d.start_on >= job.first_day - 1
			               from letterwatch.rule r
			               where r.rule_set = d.rule_set and r.rule = d.rule and r.valid_from = d.rule_from))
			order by d.due_on, d.letter_no, d.rule, d.since
			limit at_most - cardinality(tids)
		) c;
		continue when part.n = 0;
		tids := tids || part.tids;
		letters := letters || part.letters;
		last_seen := array[office.office_code, to_char(part.due[part.n], 'YYYY-MM-DD'), part.letters[part.n], part.rules[part.n],
		                   part.sinces[part.n]::text];
		exit when cardinality(tids) >= at_most;
	end loop;
	seen := cardinality(tids);

	locked := array(select d.ctid from letterwatch.deadline d where d.ctid = any (tids) for no key update skip locked);
	if cardinality(locked) < seen then
		insert into letterwatch.replan_queue (letter_no, why, changed_by, session_role)
		select distinct c.letter_no, job.job, job.changed_by, job.session_role
		from unnest(tids, letters) c (tid, letter_no)
		where c.tid <> all (locked)
		order by c.letter_no
		on conflict (letter_no) do nothing;
	end if;

	perform letterwatch.date_deadlines(locked, job);
	return next;
end
$$;
comment on function letterwatch.redate_deadlines(letterwatch.settings_change, int) is
	'Dates open deadlines by a changed calendar, a batch at a time.';
