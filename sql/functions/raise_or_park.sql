-- raise_or_park(instance, moment, tids, leased_until): raise_stages; where that fails, each half by itself, and so on, until the one
-- row that cannot be raised stands alone. It is parked: named in table parked and, the first time, by a line event=parked, and tried
-- again after 1, 2, 4, … up to 60 seconds. So it stops no other.
-- What has nothing to do with the row ends the whole claim: a conflict, a cancel, no memory, disk or connections.
-- Callers: raise_alerts.
create or replace function letterwatch.raise_or_park(instance bigint, moment timestamptz, tids tid[], leased_until timestamptz)
returns void
language plpgsql volatile
as $$
declare
	half int := cardinality(tids) / 2;
begin
	if cardinality(tids) = 0 then
		return;
	end if;
	perform letterwatch.raise_stages(instance, moment, tids, leased_until);
exception
	when serialization_failure or deadlock_detected or query_canceled or insufficient_resources then
		raise;
	when others then
		if half > 0 then
			perform letterwatch.raise_or_park(instance, moment, tids[: half], leased_until),
			        letterwatch.raise_or_park(instance, moment, tids[half + 1 :], leased_until);
		else
			perform letterwatch.park(instance, tids[1], leased_until, sqlstate, sqlerrm);
		end if;
end
$$;
comment on function letterwatch.raise_or_park(bigint, timestamptz, tid[], timestamptz) is 'Raises alerts; parks what cannot be raised.';
