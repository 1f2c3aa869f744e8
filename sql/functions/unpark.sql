-- unpark(): rows of parked whose deadline has moved on since are over.
-- Callers: raise_alerts.
create or replace function letterwatch.unpark() returns void
language plpgsql volatile
as $$
begin
	if not exists (select from letterwatch.parked) then
		return;
	end if;
	with finished as (
		select p.letter_no, p.rule, p.since
		from letterwatch.parked p
		where not exists (
			select from letterwatch.deadline d
			where d.letter_no = p.letter_no and d.rule = p.rule and d.since = p.since and d.next_event_at = p.next_try_at)
		for update skip locked
	)
	delete from letterwatch.parked p
	using finished f
	where p.letter_no = f.letter_no and p.rule = f.rule and p.since = f.since;
end
$$;
comment on function letterwatch.unpark() is 'Forgets parked deadlines that have moved on.';
