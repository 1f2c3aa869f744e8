-- lock_settings(): takes EXCLUSIVE on planning, so that nobody plans while settings change. Waits at most 200 ms a time, or a
-- clerk with an open transaction would stop everybody who comes after; tries for about 30 s.
-- Changes the row of planning, by which lock_planning knows that an older snapshot is of older settings.
-- Refused (LW005): some transaction that plans stays open.
-- Callers: settings_changed.
create or replace function letterwatch.lock_settings() returns void
language plpgsql volatile
set lock_timeout = '200ms'
as $$
begin
	for attempt in 1 .. 100 loop
		begin
			lock table letterwatch.planning in exclusive mode;
			update letterwatch.planning set settings_changed_at = letterwatch.clock();
			return;
		exception when lock_not_available then
			perform pg_sleep(0.1);
		end;
	end loop;
	perform letterwatch.refuse('LW005', 'planning is busy: a transaction that enters letters or events stays open',
		'See pg_locks for relation letterwatch.planning; commit or end that session, then try again.');
end
$$;
comment on function letterwatch.lock_settings() is 'Keeps planning away while settings change.';
