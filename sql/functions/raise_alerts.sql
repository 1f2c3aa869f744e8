-- raise_alerts(instance, at_most, leased_until, but_queued) → int: raises what is due, of the at_most deadlines longest due,
-- into the outbox of `instance`; but_queued: not of letters that wait in replan_queue, failed or not. Returns how many it dealt
-- with. Where all together cannot be raised, raise_or_park finds the row that stands in the way. Rows are locked and changed in one
-- subtransaction: locked in an outer one, each would carry a multixact. Errors: a conflict, a cancel, no memory, disk or
-- connections end the claim.
-- Callers: claim_due.
create or replace function letterwatch.raise_alerts(instance bigint, at_most int, leased_until timestamptz,
                                                    but_queued boolean) returns int
language plpgsql volatile
as $$
declare
	tids tid[];
begin
	begin
		tids := letterwatch.lock_due(at_most, but_queued);
		if cardinality(tids) > 0 then
			perform letterwatch.raise_stages(instance, tids, leased_until);
		end if;
	exception
		when serialization_failure or deadlock_detected or query_canceled or insufficient_resources then
			raise;
		when others then
			tids := letterwatch.lock_due(at_most, but_queued);
			perform letterwatch.raise_or_park(instance, tids, leased_until);
	end;
	perform letterwatch.unpark();
	return cardinality(tids);
end
$$;
comment on function letterwatch.raise_alerts(bigint, int, timestamptz, boolean) is 'Raises the alerts whose time has come.';
