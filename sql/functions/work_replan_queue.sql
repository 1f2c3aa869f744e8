-- work_replan_queue(at_most) → text[]: plans again what is in replan_queue and due for a try, oldest first; returns the letters that
-- left the queue. All in one go, and where that fails one by one, so that one letter that cannot be planned stops no other; a
-- line event=queued names it the first time, and it is tried again after 1, 2, 4, … up to 60 seconds. Letters locked by others,
-- and those of which a deadline is, stay for the next time. The caller holds planning in ROW SHARE, or it is waited for.
-- Callers: claim_due.
create or replace function letterwatch.work_replan_queue(at_most int) returns text[]
language plpgsql volatile
as $$
declare
	todo text[];
	held tid[];
	done text[] := '{}';
	part record;
	one text;
begin
	todo := array(
		select q.letter_no
		from letterwatch.replan_queue q
		where q.next_try_at <= (select letterwatch.clock())
		   or q.next_try_at > (select letterwatch.clock()) + interval '2 minutes' -- the clock was set back
		order by q.since
		limit at_most
		for update skip locked);
	if cardinality(todo) = 0 then
		return done;
	end if;
	perform letterwatch.lock_planning();
	if exists (select from letterwatch.planning p where p.site is not null) then
		todo := letterwatch.await_replicated(todo);
	end if;
	todo := array(
		select l.letter_no
		from letterwatch.letter l
		where l.letter_no = any (todo)
		order by l.letter_no
		for no key update skip locked);
	-- Nor is anybody waited for who holds deadlines only, another claim or its re-dating: that may wait for what we queue.
	held := array(
		select d.ctid
		from unnest(todo) u (letter_no)
		join letterwatch.deadline d on d.letter_no = u.letter_no
		for no key update of d skip locked);
	todo := array(
		select u.letter_no
		from unnest(todo) u (letter_no)
		where not exists (select from letterwatch.deadline d where d.letter_no = u.letter_no and d.ctid <> all (held)));
	for part in -- few: those of one author and reason at once
		select q.why, q.changed_by, q.session_role, array_agg(q.letter_no::text order by q.letter_no) as letters
		from letterwatch.replan_queue q
		where q.letter_no = any (todo)
		group by q.why, q.changed_by, q.session_role
	loop
		begin
			perform letterwatch.replan(part.letters, part.why, true, part.changed_by, part.session_role);
			done := done || part.letters;
		exception when others then
			foreach one in array part.letters loop
				begin
					perform letterwatch.replan(array[one], part.why, true, part.changed_by, part.session_role);
					done := done || one;
				exception when others then
					update letterwatch.replan_queue q
					set tries = q.tries + 1, error = sqlstate || ': ' || left(sqlerrm, 500),
					    next_try_at = letterwatch.clock() + letterwatch.retry_delay(q.tries)
					where q.letter_no = one;
					perform letterwatch.name_queued(one, sqlstate);
				end;
			end loop;
		end;
	end loop;
	delete from letterwatch.replan_queue q where q.letter_no = any (done);
	return done;
end
$$;
comment on function letterwatch.work_replan_queue(int) is 'Plans again the letters whose planning failed.';
