-- lock_planning(): takes ROW SHARE on planning, so that no setting comes into force while deadlines are planned. Settings that
-- this transaction itself has changed come into force now (those that came by replication when the daemon does it). A transaction whose snapshot is older than the last change of
-- settings would plan by the old ones: it ends with 40001 and is to be repeated.
-- Callers: letter_inserted, event_inserted, work_replan_queue.
create or replace function letterwatch.lock_planning() returns void
language plpgsql volatile
as $$
begin
	lock table letterwatch.planning in row share mode;
	if exists (select from letterwatch.settings_change c where c.redated_at is null and c.applied_at is null and c.next_try_at is null) then
		perform letterwatch.apply_settings();
	end if;
	if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
		perform from letterwatch.planning for share;
	end if;
end
$$;
comment on function letterwatch.lock_planning() is 'Keeps changes of settings away while deadlines are planned.';
