-- told_here(alert_id, to_office) → boolean: of several sites, whether this one has told an alert, or was to: it is addressed to an
-- office of this site, or stood for a stage that is.
-- Callers: raise_cleared, resend_alerts.
create or replace function letterwatch.told_here(alert_id uuid, to_office text) returns boolean
language sql stable
as $$
	select (select o.site from letterwatch.office_setting o where o.office_code = to_office)
	       is not distinct from (select p.site from letterwatch.planning p)
	    or exists (select from letterwatch.alert_sent s where s.line_id = told_here.alert_id)
	    or exists (select from letterwatch.outbox x where x.line_id = told_here.alert_id)
$$;
comment on function letterwatch.told_here(uuid, text) is 'Whether this site has told an alert.';
