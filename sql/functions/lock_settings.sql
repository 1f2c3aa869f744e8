-- lock_settings(attempts): takes EXCLUSIVE on planning, so that nobody plans between what settings were and what they are; held until the
-- commit, which comes soon. Waits at most 100 ms a time, or a clerk with an open transaction would stop everybody who comes
-- after; tries 150 times, for about 30 s.
-- Refused (LW005): some transaction that plans stays open.
-- Callers: apply_settings.
create or replace function letterwatch.lock_settings(attempts int default 150) returns void
language plpgsql volatile
set lock_timeout = '100ms'
as $$
begin
	for attempt in 1 .. attempts loop
		begin
			lock table letterwatch.planning in exclusive mode;
			return;
		exception when lock_not_available then
			perform pg_sleep(0.1);
		end;
	end loop;
	perform letterwatch.refuse('LW005', 'planning is busy: a transaction that enters letters or events stays open',
		'See pg_locks for relation letterwatch.planning; commit or end that session, then try again.');
end
$$;
comment on function letterwatch.lock_settings(int) is 'Keeps planning away while settings change.';
