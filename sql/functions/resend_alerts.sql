-- resend_alerts(since, until) → bigint: puts the alerts raised in [since, until) into the outbox again, for lines that were lost
-- behind syslog; returns how many. They keep their ids. Lines of other sites are theirs to send again.
-- Callers: administrators.
create or replace function letterwatch.resend_alerts(since timestamptz, until timestamptz default null) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	n bigint;
begin
	insert into letterwatch.outbox (line_id, stage_at)
	select a.alert_id, a.stage_at
	from letterwatch.alert a
	where a.raised_at >= resend_alerts.since and a.raised_at < coalesce(resend_alerts.until, 'infinity')
	  and ((select p.site from letterwatch.planning p) is null or letterwatch.told_here(a.alert_id, a.to_office))
	on conflict (line_id) do nothing;
	get diagnostics n = row_count;
	notify letterwatch_due;
	return n;
end
$$;
comment on function letterwatch.resend_alerts(timestamptz, timestamptz) is 'Sends the alerts of a time again, with their ids.';
