-- apply_replicated() → boolean: puts offices that came by replication into force, as apply_settings; true: it did, and planning is
-- locked until the commit, which is to come next. What is broken in them (an office whose parent is not here, an unknown time zone)
-- is named in the server's log and tried again after a minute, what is held by others after a second: neither stops the claim.
-- Callers: claim_due, where there are such.
create or replace function letterwatch.apply_replicated() returns boolean
language plpgsql volatile
set lock_timeout = '100ms'
set plan_cache_mode = auto
set enable_seqscan = on
set enable_hashjoin = on
set enable_mergejoin = on
as $$
declare
	changes bigint[];
	wait interval;
begin
	changes := array(
		select c.change_id
		from letterwatch.settings_change c
		where c.redated_at is null and c.applied_at is null
		  and (c.next_try_at <= letterwatch.clock()
		       or c.next_try_at > letterwatch.clock() + interval '2 minutes') -- the clock was set back
		for update skip locked);
	if cardinality(changes) = 0 then
		return false;
	end if;
	begin
		perform letterwatch.apply_settings(true);
		-- What waits for an office.
		update letterwatch.replan_queue q set next_try_at = letterwatch.clock() where q.error is not null;
		return true;
	exception
		when serialization_failure or deadlock_detected or query_canceled or insufficient_resources then
			raise;
		when lock_not_available or sqlstate 'LW005' then
			wait := interval '1 second';
		when others then
			raise warning 'offices that came by replication wait for a minute: %: %', sqlstate, sqlerrm;
			wait := interval '1 minute';
	end;
	update letterwatch.settings_change c set next_try_at = letterwatch.clock() + wait where c.change_id = any (changes);
	return false;
end
$$;
comment on function letterwatch.apply_replicated() is 'Puts offices that came by replication into force.';
