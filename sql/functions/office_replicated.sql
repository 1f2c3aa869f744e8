-- office_replicated(): trigger of office, after each row that replication changes: notes the change, as settings_changed does; the next
-- claim puts it into force (apply_replicated). Noted once as long as it is not in force: a claim that is about to is waited for, as
-- it may not know of this change.
create or replace function letterwatch.office_replicated() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	change constant text := 'office' || case tg_op when 'INSERT' then ' added' when 'UPDATE' then ' changed' else ' removed' end;
begin
	perform from letterwatch.settings_change c
	where c.redated_at is null and c.applied_at is null and c.next_try_at is not null and c.what = change
	for update;
	if not found then
		insert into letterwatch.settings_change (what, next_try_at)
		values (change, letterwatch.clock());
	end if;
	notify letterwatch_due;
	return null;
end
$$;
comment on function letterwatch.office_replicated() is 'Notes an office that replication brings.';
