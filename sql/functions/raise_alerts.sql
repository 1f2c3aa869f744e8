-- raise_alerts(instance, moment, at_most, leased_until, of_letters) → int: raises what is due at that moment, of the at_most deadlines
-- longest due, into the outbox of `instance`; of_letters: only of these, NULL: as lock_due. Returns how many it dealt with. Where
-- all together cannot be raised, raise_or_park finds the row that stands in the way. Rows are locked and changed in one
-- subtransaction: locked in an outer one, each would carry a multixact. Errors: a conflict, a cancel, no memory, disk or
-- connections end the claim.
-- Callers: claim_due.
create or replace function letterwatch.raise_alerts(instance bigint, moment timestamptz, at_most int, leased_until timestamptz,
                                                    of_letters text[]) returns int
language plpgsql volatile
as $$
declare
	tids tid[];
begin
	perform letterwatch.retry_parked();
	begin
		tids := letterwatch.lock_due(moment, at_most, of_letters);
		if cardinality(tids) > 0 then
			perform letterwatch.raise_stages(instance, moment, tids, leased_until);
		end if;
	exception
		when serialization_failure or deadlock_detected or query_canceled or insufficient_resources then
			raise;
		when others then
			tids := letterwatch.lock_due(moment, at_most, of_letters);
			perform letterwatch.raise_or_park(instance, moment, tids, leased_until);
	end;
	perform letterwatch.unpark();
	return cardinality(tids);
end
$$;
comment on function letterwatch.raise_alerts(bigint, timestamptz, int, timestamptz, text[]) is 'Raises the alerts whose time has come.';
