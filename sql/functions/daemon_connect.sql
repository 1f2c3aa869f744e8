-- daemon_connect(known, host, pid, version) → (instance, schema_version), one row: a daemon begins to work over this
-- connection. known: its instance from an earlier connection of the same process, NULL at the first. Holds an advisory lock
-- until the connection ends, by which others see that it lives. A number that a daemon holds from before a restore is not given again.
-- Callers: the daemon (store.c), first on each connection.
create or replace function letterwatch.daemon_connect(known bigint, host text, pid int, version text)
returns table (instance bigint, schema_version int)
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
#variable_conflict use_column
declare
	mine bigint;
begin
	update letterwatch.daemon_instance i
	set connected_at = letterwatch.clock(), stopped_at = null
	where i.instance = known and i.host = daemon_connect.host and i.pid = daemon_connect.pid
	returning i.instance into mine;
	while mine is null loop
		insert into letterwatch.daemon_instance (host, pid, version, started_at, connected_at)
		values ($2, $3, $4, letterwatch.clock(), letterwatch.clock())
		returning daemon_instance.instance into mine;
		if not pg_try_advisory_xact_lock(letterwatch.instance_lock_class(), mine::int) then
			delete from letterwatch.daemon_instance i where i.instance = mine;
			mine := null;
		end if;
	end loop;
	perform pg_advisory_lock_shared(letterwatch.instance_lock_class(), mine::int);
	return query select mine, (select max(v.version) from letterwatch.schema_version v);
end
$$;
comment on function letterwatch.daemon_connect(bigint, text, int, text) is 'A daemon begins to work over this connection.';
