-- adopt_lines(instance, at_most, leased_until): takes into the outbox of `instance` lines that nobody sends: fresh ones, those
-- whose lease is over, those of a daemon whose connection is gone (its advisory lock is free). Its own get a fresh lease.
-- Callers: claim_due.
create or replace function letterwatch.adopt_lines(instance bigint, at_most int, leased_until timestamptz) returns void
language plpgsql volatile
as $$
begin
	if not exists (select from letterwatch.outbox) then
		return;
	end if;
	with free as (
		select x.line_id
		from letterwatch.outbox x
		where x.instance is null
		   or x.instance = adopt_lines.instance
		   or x.leased_until < (select letterwatch.clock())
		   or not exists (select from pg_locks k
		                  where k.locktype = 'advisory' and k.objsubid = 2 and k.granted
		                    and k.database = (select oid from pg_database where datname = current_database())
		                    and k.classid = letterwatch.instance_lock_class() and k.objid = x.instance::int)
		order by x.stage_at
		limit at_most
		for update skip locked
	)
	update letterwatch.outbox x
	set instance = adopt_lines.instance, leased_until = adopt_lines.leased_until
	from free
	where x.line_id = free.line_id;
end
$$;
comment on function letterwatch.adopt_lines(bigint, int, timestamptz) is 'Takes over lines that nobody sends.';
