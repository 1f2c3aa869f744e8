-- daemon_disconnect(instance): a daemon stops on request; its lines are free for others at once, who are woken for them.
-- Callers: the daemon (store.c), last before it ends.
create or replace function letterwatch.daemon_disconnect(instance bigint) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	update letterwatch.outbox x set instance = null, leased_until = null where x.instance = daemon_disconnect.instance;
	if found then
		notify letterwatch_due;
	end if;
	update letterwatch.daemon_instance i set stopped_at = letterwatch.clock() where i.instance = daemon_disconnect.instance;
	perform pg_advisory_unlock_shared(letterwatch.instance_lock_class(), daemon_disconnect.instance::int);
end
$$;
comment on function letterwatch.daemon_disconnect(bigint) is 'A daemon stops.';
