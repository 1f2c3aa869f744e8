-- lock_planning(): takes ROW SHARE on planning, so that no setting changes while deadlines are planned. A transaction whose
-- snapshot is older than the last change of settings would plan by the old ones: it ends with 40001 and is to be repeated.
-- Callers: letter_inserted, event_inserted, work_replan_queue.
create or replace function letterwatch.lock_planning() returns void
language plpgsql volatile
as $$
begin
	lock table letterwatch.planning in row share mode;
	if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
		perform from letterwatch.planning for share;
	end if;
end
$$;
comment on function letterwatch.lock_planning() is 'Keeps changes of settings away while deadlines are planned.';
