-- metrics() → (name, label, value): the database's numbers for the daemon's page /metrics; label: the level of an office or a year,
-- or ''. Of lists of
-- holidays those that are missing although they should be there, as for the daily line. No letter's, no office's. Lines that wait are counted up to 100000.
-- Callers: the daemon (store.c), once a minute while [http] listen says so.
create or replace function letterwatch.metrics() returns table (name text, label text, value bigint)
language sql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
set jit = off
as $$
	select 'overdue_deadlines', s.level::text, sum(o.deadlines)::bigint
	from letterwatch.office_setting s
	cross join lateral (
		select count(*) as deadlines
		from letterwatch.deadline d
		where d.office_code = s.office_code and d.state = 'open'
		  and d.due_on <= (select letterwatch.clock())::date + 1 -- what the index knows, as in overdue
		  and d.late_at <= (select letterwatch.clock())
	) o
	group by s.level
	union all
	select 'calendar_gap_deadlines', a.year::text, sum(a.deadlines)::bigint
	from letterwatch.calendar_awaited a
	where a.year <= extract(year from letterwatch.clock()) + case when to_char(letterwatch.clock(), 'MM-DD') >= '11-01' then 1 else 0 end
	group by a.year
	union all
	select 'outbox_lines', '', (select count(*) from (select from letterwatch.outbox limit 100000) x)
	union all
	select 'queued_letters', '', (select count(*) from letterwatch.replan_queue q where q.error is not null)
	union all
	select 'parked_deadlines', '', (select count(*) from letterwatch.parked)
	union all
	select t.name, '', t.value
	from (select coalesce(sum(b.letters), 0) as letters, coalesce(sum(b.events), 0) as events,
	             coalesce(sum(b.rejected), 0) as rejected
	      from letterwatch.intake_batch b) i
	cross join lateral (values ('intake_letters_total', i.letters::bigint), ('intake_events_total', i.events::bigint),
	                           ('intake_rejected_total', i.rejected::bigint)) t (name, value)
$$;
comment on function letterwatch.metrics() is 'Numbers for a monitoring system.';
