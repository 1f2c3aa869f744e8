-- queue_due(at_most): puts the letters whose alerts are due into replan_queue, of the at_most deadlines longest due, but for letters
-- that somebody holds: two claims that queue the same would wait for each other.
-- Callers: claim_due, while a change of settings is not worked off.
create or replace function letterwatch.queue_due(at_most int) returns void
language plpgsql volatile
as $$
begin
	insert into letterwatch.replan_queue (letter_no)
	select l.letter_no
	from letterwatch.letter l
	where l.letter_no = any (array(
		select x.letter_no
		from letterwatch.deadline x
		where x.next_event_at <= (select letterwatch.clock())
		order by x.next_event_at
		limit at_most))
	order by l.letter_no
	for no key update skip locked
	on conflict (letter_no) do nothing;
end
$$;
comment on function letterwatch.queue_due(int) is 'Has planned anew what is about to be told.';
