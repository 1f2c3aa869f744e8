-- mark_emitted(instance, ids): the kernel has taken these lines: they leave the outbox, alert_sent keeps when and by whom.
-- Safe to repeat: an id that is marked already is passed over.
-- Callers: the daemon (store.c).
create or replace function letterwatch.mark_emitted(instance bigint, ids uuid[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	with sent as (
		delete from letterwatch.outbox x
		where x.line_id = any (ids)
		returning x.line_id
	)
	insert into letterwatch.alert_sent (line_id, sent_at, instance)
	select s.line_id, letterwatch.clock(), mark_emitted.instance
	from sent s;
end
$$;
comment on function letterwatch.mark_emitted(bigint, uuid[]) is 'Takes sent lines out of the outbox.';
