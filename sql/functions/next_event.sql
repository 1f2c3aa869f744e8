-- next_event(instance) → timestamptz: when something is to be done next: a stage comes, a letter is planned again, offices
-- that came by replication are put into force, a line comes by the day, or the lease of another daemon's line ends. NULL: nothing is planned.
-- Callers: claim_due.
create or replace function letterwatch.next_event(instance bigint) returns timestamptz
language plpgsql stable
as $$
begin
	return least(
		(select min(d.next_event_at) from letterwatch.deadline d where d.next_event_at is not null),
		(select min(q.next_try_at) from letterwatch.replan_queue q),
		(select min(c.next_try_at) from letterwatch.settings_change c where c.redated_at is null and c.applied_at is null),
		(select min(l.next_at) from letterwatch.daily_line l),
		(select min(x.leased_until) from letterwatch.outbox x where x.instance <> next_event.instance));
end
$$;
comment on function letterwatch.next_event(bigint) is 'When something is to be done next.';
