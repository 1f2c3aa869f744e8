-- redate_letters(at_most) → int: goes on with the oldest change of settings that is in force but not worked off: re-dates the
-- next deadlines, or plans the next letters, that it concerns, at most at_most; returns how many it looked at, 0 when nothing
-- is left to do (or another session is at it). In batches, each its own transaction, so that no clerk waits for long. A changed
-- calendar moves only dates: redate_deadlines. Other changes can do anything: those letters are planned anew. Waits for nobody:
-- what somebody else holds goes to replan_queue.
-- Errors: LW001 at_most is not 1 or more.
-- Callers: claim_due, whenever there is nothing to raise; administrators where no daemon runs.
create or replace function letterwatch.redate_letters(at_most int) returns int
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	job letterwatch.settings_change;
	letters text[];
	seen int;
	last_seen text[];
begin
	if at_most is null or at_most < 1 then
		perform letterwatch.refuse('LW001', 'a batch is of 1 or more deadlines or letters', 'As in: select letterwatch.redate_letters(1000);');
	end if;
	loop -- over changes that concern nothing
		select * into job
		from letterwatch.settings_change c
		where c.redated_at is null and c.change_id = (
			select min(x.change_id) from letterwatch.settings_change x where x.redated_at is null and x.applied_at is not null)
		for update skip locked;
		if not found then
			return 0;
		end if;
		if not letterwatch.try_planning() then
			return 0;
		end if;

		if cardinality(job.offices || job.rule_sets) = 0 then
			select r.seen, r.last_seen into seen, last_seen from letterwatch.redate_deadlines(job, at_most) r;
		else
			letters := array(
				select s.letter_no
				from letterwatch.letter_state s
				join letterwatch.office_setting o on o.office_code = s.office_code
				where s.letter_no > coalesce(job.done_upto[1], '')
				  and (s.rule_set = any (job.rule_sets) or s.office_code = any (job.offices) or o.calendar = any (job.calendars)
				       or s.former_offices && job.offices
				       or job.rule_sets <> '{}' and exists (select from letterwatch.deadline d
				                                            where d.letter_no = s.letter_no and d.rule_set = any (job.rule_sets)))
				order by s.letter_no
				limit at_most);
			seen := cardinality(letters);
			last_seen := letters[seen : seen];
			perform letterwatch.replan_or_queue(letters, job);
		end if;

		update letterwatch.settings_change c
		set done_upto = coalesce(last_seen, c.done_upto), redated_at = case when seen < at_most then letterwatch.clock() end
		where c.change_id = job.change_id;
		exit when seen > 0;
	end loop;
	return seen;
end
$$;
comment on function letterwatch.redate_letters(int) is 'Re-dates what a change of settings concerns, a batch at a time; 0: nothing left.';
