-- plan_letters(letters, why, is_new): replan, or for new letters plan_new_letters, that never fails a clerk's write. What goes
-- wrong, other than a conflict that the whole transaction must repeat (40001, 40P01) or a cancel, puts the letters into
-- replan_queue, which the claim works off.
-- Callers: letter_inserted, event_inserted.
create or replace function letterwatch.plan_letters(letters text[], why text, is_new boolean default false) returns void
language plpgsql volatile
as $$
begin
	if is_new then
		perform letterwatch.plan_new_letters(letters);
	else
		perform letterwatch.replan(letters, why);
		-- What stands in the way of their alerts is over.
		update letterwatch.replan_queue q
		set next_try_at = letterwatch.clock()
		where q.letter_no = any (letters) and q.error is not null;
		if found then
			notify letterwatch_due;
		end if;
	end if;
exception
	when serialization_failure or deadlock_detected or query_canceled then
		raise;
	when others then
		insert into letterwatch.replan_queue (letter_no, why, error)
		select n, plan_letters.why, sqlstate || ': ' || left(sqlerrm, 500)
		from unnest(letters) n
		order by n
		on conflict (letter_no) do update
		set next_try_at = excluded.next_try_at, error = excluded.error, why = excluded.why, changed_by = excluded.changed_by,
		    session_role = excluded.session_role;
		notify letterwatch_due;
end
$$;
comment on function letterwatch.plan_letters(text[], text, boolean) is 'Plans letters, or queues them where that fails.';
