-- lock_due(at_most) → tid[]: locks the at_most deadlines longest due and returns their ctids. Rows locked by others are left to
-- them.
-- Callers: raise_alerts.
create or replace function letterwatch.lock_due(at_most int) returns tid[]
language plpgsql volatile
as $$
begin
	return array(
		select d.ctid
		from letterwatch.deadline d
		where d.next_event_at <= (select letterwatch.clock())
		order by d.next_event_at
		limit at_most
		for update skip locked);
end
$$;
comment on function letterwatch.lock_due(int) is 'Locks what is due.';
