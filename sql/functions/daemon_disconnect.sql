-- daemon_disconnect(instance): a daemon stops on request; its lines are free for others at once.
-- Callers: the daemon (store.c), last before it ends.
create or replace function letterwatch.daemon_disconnect(instance bigint) returns void
language sql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
	update letterwatch.outbox x set instance = null, leased_until = null where x.instance = daemon_disconnect.instance;
	update letterwatch.daemon_instance i set stopped_at = letterwatch.clock() where i.instance = daemon_disconnect.instance;
	select pg_advisory_unlock_shared(letterwatch.instance_lock_class(), daemon_disconnect.instance::int);
$$;
comment on function letterwatch.daemon_disconnect(bigint) is 'A daemon stops.';
