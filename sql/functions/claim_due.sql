-- claim_due(instance, batch, language, ahead_us, few) → rows (line_id, severity, fields, late_us, next_in_us, blocked, to_send):
-- first the lines that this daemon has to send now, as in outbox_lines, at most about `batch`; then always one last row, with
-- line_id NULL: next_in_us, how long to sleep, in microseconds (0: ask again at once; 1: the same, after work;
-- NULL: nothing is planned), blocked: what is due is held by others, and to_send: whether there are lines.
-- ahead_us: it says so many microseconds less, and waits itself for what comes within them, when all else is done: what takes time
-- before an alert is then done before it is due. Meanwhile it holds no letter and no deadline, so whatever is entered counts.
-- few: where there are more lines than that, or language is NULL, only the last row comes. The daemon then asks for them by
-- outbox_lines, when this has committed: were they this function's answer, and more than the way to it holds, the locks of the claim
-- would be held until it has read them, and clerks would wait for a daemon that is stopped or cut off.
-- Puts offices that came by replication into force, and then does nothing else. Works off replan_queue, takes over lines whose daemon
-- is gone or whose lease of 30 s is over, raises what is due and, when no alert is left, the lines that come by the day; when there is
-- none, re-dates the next deadlines that a change of settings concerns. While there are such, only what this very call has planned anew
-- is told: no alert comes for a date that the change has moved, nor at a time made of what settings were and what they are. Holds
-- planning in ROW SHARE, so that none comes into force meanwhile; at a moment at which one does, nothing is raised.
-- Index lookups only: the plans are made once, when the tables may be empty, and must stay good beside millions of rows. Where a
-- table is empty and the statistics say so, to read all of it costs no more than to look up a row: what is looked up by another
-- table's row stands in a LATERAL with OFFSET 0, and the least of an index is its first (LIMIT 1), not min().
-- Errors: 08003 where `instance` is not known, as after a restore: the daemon connects anew, and gets another number. Safe to repeat
-- after a lost answer: what was raised is still in the outbox of `instance`.
-- Callers: the daemon (store.c). Between two calls it sends the lines and calls mark_emitted.
create or replace function letterwatch.claim_due(instance bigint, batch int, language text default 'en', ahead_us int default 0,
                                                 few int default null)
returns table (line_id uuid, severity int2, fields text[], late_us bigint, next_in_us bigint, blocked boolean, to_send boolean)
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	began timestamptz := letterwatch.clock();
	lease timestamptz := began + interval '30 seconds';
	room int;
	raised int := 0;
	daily int := 0;
	redated int := 0;
	applied boolean := exists (
		select from letterwatch.settings_change c where c.redated_at is null and c.applied_at is null and c.next_try_at is not null)
		and letterwatch.apply_replicated();
	settled boolean := not applied and letterwatch.try_planning();
	settings_changed boolean := exists (
		select from letterwatch.settings_change c where c.redated_at is null and c.applied_at is not null);
	planned text[] := '{}';
	to_tell int;
	worked boolean;
	passed_at timestamptz;
	soonest timestamptz;
begin
	perform letterwatch.adopt_lines(claim_due.instance, batch, lease);
	select batch - count(*) into room from letterwatch.outbox x where x.instance = claim_due.instance;
	if settled then
		if settings_changed then
			perform letterwatch.queue_due(greatest(batch, 100));
		end if;
		planned := letterwatch.work_replan_queue(case when settings_changed then greatest(batch, 100) else 100 end);
		raised := letterwatch.raise_alerts(
			claim_due.instance, case when cardinality(planned) = 0 then letterwatch.await_event(claim_due.instance, ahead_us) else began end,
			greatest(room, 0), lease, case when settings_changed then planned end);
		if raised = 0 then
			-- A few at a time: an alert that comes meanwhile waits for them.
			daily := letterwatch.raise_daily_lines(claim_due.instance, least(greatest(room, 0), 200), lease);
		end if;
	end if;
	if raised + daily = 0 then
		if settings_changed and settled then
			redated := letterwatch.redate_letters(4000);
		end if;
		-- What is left can be done again, so nobody waits for the disk: the daemon begins to sleep when it is told how long.
		perform set_config('synchronous_commit', 'off', true);
	end if;

	to_tell := (select count(*) from letterwatch.outbox x where x.instance = claim_due.instance);
	if language is not null and to_tell <= coalesce(few, to_tell) then
		return query
		select o.line_id, o.severity, o.fields, o.late_us, null::bigint, null::boolean, null::boolean
		from letterwatch.outbox_lines(claim_due.instance, language) o;
	end if;

	worked := applied or raised + daily + redated > 0;
	select i.last_pass_at into passed_at from letterwatch.daemon_instance i where i.instance = claim_due.instance;
	if not found then
		raise exception 'instance % is not known (any more)', claim_due.instance using errcode = 'connection_does_not_exist';
	end if;
	-- After work the next claim, for which no line waits, says what comes.
	if not worked or passed_at is null or passed_at not between began - interval '10 seconds' and began then
		soonest := letterwatch.next_event(claim_due.instance);
		update letterwatch.daemon_instance i
		set last_pass_at = began, next_event_at = soonest
		where i.instance = claim_due.instance;
	end if;
	return query
	select null::uuid, null::int2, null::text[], null::bigint,
	       case when worked then 1
	            when soonest is null then null
	            else greatest(0, ceil(1000000 * extract(epoch from soonest - letterwatch.instant())) - ahead_us)::bigint
	       end,
	       coalesce(not worked and cardinality(planned) = 0 and room > 0 and soonest <= began, false),
	       to_tell > 0;
end
$$;
comment on function letterwatch.claim_due(bigint, int, text, int, int) is 'What a daemon has to send now, and how long it may sleep.';
