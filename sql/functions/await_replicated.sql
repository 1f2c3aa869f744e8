-- await_replicated(letters) → text[]: of letters in replan_queue those that can be planned. The tables come in any order: the others
-- wait for the letter itself, for an office that it or its events name, or for the calendar or the rules of one; they are tried
-- again as work_replan_queue says, and named by a line event=queued when they have waited for half a minute.
-- Callers: work_replan_queue, where there are several sites.
create or replace function letterwatch.await_replicated(letters text[]) returns text[]
language plpgsql volatile
as $$
declare
	ready text[] := array(
		select l.letter_no
		from letterwatch.letter l
		join letterwatch.office_setting o on o.office_code = l.office_code
		where l.letter_no = any (letters)
		  and not exists (
			select
			from (select l.office_code
			      union
			      select x.office_code
			      from letterwatch.letter_event e
			      cross join unnest(array[e.to_office, e.by_office]) x (office_code)
			      where e.letter_no = l.letter_no and x.office_code is not null) n
			left join letterwatch.office_setting s on s.office_code = n.office_code
			where s.office_code is null
			   or not exists (select from letterwatch.calendar c where c.calendar = s.calendar)
			   or not exists (select from letterwatch.rule r where r.rule_set = s.rule_set))
		  and (l.rule_set is null or exists (select from letterwatch.rule r where r.rule_set = l.rule_set)));
begin
	update letterwatch.replan_queue q
	set tries = q.tries + 1, next_try_at = letterwatch.clock() + letterwatch.retry_delay(q.tries),
	    error = 'LW002: the letter, an office that it names, or a calendar or rules have not come yet'
	where q.letter_no = any (letters) and q.letter_no <> all (ready);
	perform letterwatch.name_queued(q.letter_no, 'LW002')
	from letterwatch.replan_queue q
	where q.letter_no = any (letters) and q.letter_no <> all (ready) and q.tries > 5;
	perform letterwatch.know_since((select min(e.recorded_at) from letterwatch.letter_event e where e.letter_no = any (ready)));
	return ready;
end
$$;
comment on function letterwatch.await_replicated(text[]) is 'Which queued letters can be planned.';
