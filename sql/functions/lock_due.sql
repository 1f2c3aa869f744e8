-- lock_due(at_most, but_queued) → tid[]: locks the at_most deadlines longest due and returns their ctids. Rows locked by others
-- are left to them, and those of letters whose planning failed until it succeeds: what was entered may have answered them.
-- but_queued: those of all letters in replan_queue.
-- Callers: raise_alerts.
create or replace function letterwatch.lock_due(at_most int, but_queued boolean) returns tid[]
language plpgsql volatile
as $$
begin
	return array(
		select d.ctid
		from letterwatch.deadline d
		where d.next_event_at <= (select letterwatch.clock())
		  and not exists (select from letterwatch.replan_queue q
		                  where q.letter_no = d.letter_no and (but_queued or q.error is not null))
		order by d.next_event_at
		limit at_most
		for update skip locked);
end
$$;
comment on function letterwatch.lock_due(int, boolean) is 'Locks what is due.';
