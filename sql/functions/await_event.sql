-- await_event(instance, ahead_us) → timestamptz: the present moment. Where what `instance` was told comes next does so within ahead_us
-- microseconds, and no alert is due before it, waits for it. It counts the time, for pg_sleep is exact to a millisecond only, and
-- sleeps on where the clock is set back; this waits no longer then.
-- Callers: claim_due.
create or replace function letterwatch.await_event(instance bigint, ahead_us int) returns timestamptz
language plpgsql volatile
as $$
declare
	moment timestamptz := letterwatch.clock();
	next_at timestamptz := (
		select i.next_event_at
		from letterwatch.daemon_instance i
		where i.instance = await_event.instance and i.next_event_at > moment
		  and i.next_event_at <= moment + ahead_us * interval '1 microsecond');
	wait interval := next_at - letterwatch.instant();
	since timestamptz := clock_timestamp();
begin
	if next_at is null or exists (select from letterwatch.deadline d where d.next_event_at <= moment) then
		return moment;
	end if;
	while clock_timestamp() between since and since + wait loop
	end loop;
	return letterwatch.instant();
end
$$;
comment on function letterwatch.await_event(bigint, int) is 'Waits for what comes within some microseconds.';
