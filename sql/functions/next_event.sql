-- next_event(instance) → timestamptz: when something is to be done next: a stage comes, a letter is planned again, offices
-- that came by replication are put into force, a line comes by the day, or the lease of another daemon's line ends. NULL: nothing is planned.
-- Callers: claim_due.
create or replace function letterwatch.next_event(instance bigint) returns timestamptz
language plpgsql stable
as $$
begin
	return least(
		(select d.next_event_at from letterwatch.deadline d where d.next_event_at is not null order by d.next_event_at limit 1),
		(select min(q.next_try_at) from letterwatch.replan_queue q),
		(select min(c.next_try_at) from letterwatch.settings_change c where c.redated_at is null and c.applied_at is null),
		(select l.next_at from letterwatch.daily_line l where l.next_at is not null order by l.next_at limit 1),
		(select min(x.leased_until) from letterwatch.outbox x where x.instance <> next_event.instance));
end
$$;
comment on function letterwatch.next_event(bigint) is 'When something is to be done next.';
