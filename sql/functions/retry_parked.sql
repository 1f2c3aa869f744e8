-- retry_parked(): what is parked until a time that the clock showed in error, before it was set back, is due now.
-- Callers: raise_alerts.
create or replace function letterwatch.retry_parked() returns void
language plpgsql volatile
as $$
begin
	if not exists (select from letterwatch.parked) then
		return;
	end if;
	with ahead as materialized (
		select p.letter_no, p.rule, p.since, d.ctid as tid
		from letterwatch.parked p
		join letterwatch.deadline d
			on d.letter_no = p.letter_no and d.rule = p.rule and d.since = p.since and d.next_event_at = p.next_try_at
		where p.next_try_at > (select letterwatch.clock()) + interval '2 minutes'
		for update skip locked
	), due as (
		update letterwatch.deadline d
		set next_event_at = letterwatch.clock()
		from ahead a
		where d.ctid = a.tid
	)
	update letterwatch.parked p
	set next_try_at = letterwatch.clock()
	from ahead a
	where p.letter_no = a.letter_no and p.rule = a.rule and p.since = a.since;
end
$$;
comment on function letterwatch.retry_parked() is 'Tries again what is parked until a time that the clock showed in error.';
