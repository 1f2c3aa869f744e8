-- queue_due(at_most): puts the letters whose alerts are due into replan_queue, at most at_most, longest due first.
-- Callers: claim_due, while a change of settings is not worked off.
create or replace function letterwatch.queue_due(at_most int) returns void
language plpgsql volatile
as $$
begin
	insert into letterwatch.replan_queue (letter_no)
	select distinct d.letter_no
	from (
		select x.letter_no
		from letterwatch.deadline x
		where x.next_event_at <= (select letterwatch.clock())
		order by x.next_event_at
		limit at_most
	) d
	on conflict (letter_no) do nothing;
end
$$;
comment on function letterwatch.queue_due(int) is 'Has planned anew what is about to be told.';
