-- instance_lock_class() → int: the first key of the advisory lock that a connected daemon holds; the second is its instance.
-- Callers: daemon_connect, daemon_disconnect, adopt_lines.
create or replace function letterwatch.instance_lock_class() returns int
language sql immutable parallel safe
as $$ select 20190312 $$;
comment on function letterwatch.instance_lock_class() is 'The class of the advisory locks of daemons.';
