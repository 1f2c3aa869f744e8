-- event_inserted(): trigger of letter_event, after each INSERT or COPY statement. Locks the letters in their order, so that two
-- writers of one letter come one after the other and the second sees what the first did; checks the new events together with
-- all events of their letters; plans. All or nothing: refuse_event names the first fault.
create or replace function letterwatch.event_inserted() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set jit = off
set plan_cache_mode = auto
set enable_seqscan = on
set enable_mergejoin = on
as $$
declare
	letters text[] := array(select distinct n.letter_no from new_events n);
	f record;
begin
	perform letterwatch.plan_for(cardinality(letters));
	perform letterwatch.lock_planning();
	perform from letterwatch.letter l where l.letter_no = any (letters) order by l.letter_no for no key update;

	with life as materialized (
		select s.*, n.event_id is not null as is_new
		from letterwatch.event_sequence(letters) s
		left join new_events n on n.event_id = s.event_id
	), upset as (
		select v.letter_no, min(v.kind) as kind, min(v.on_day) as on_day
		from life v
		join letterwatch.letter_state t on t.letter_no = v.letter_no
		where not v.possible and not v.is_new
		group by v.letter_no, t.impossible
		having count(*) > t.impossible
	)
	select x.*, count(*) over () as faults into f
	from (
		select e.letter_no, e.event_id, e.kind, e.outcome, e.unit, e.handler, e.channel, s.on_day, s.status_before,
		       l.received_on, u.kind as upset_kind, u.on_day as upset_on,
		       case
		       when l.letter_no is null then 'letter'
		       when not exists (select from letterwatch.transition t where t.kind = e.kind) then 'kind'
		       when not exists (select from letterwatch.transition t
		                        where t.kind = e.kind and t.outcome = coalesce(e.outcome, '')) then 'outcome'
		       when s.on_day > (letterwatch.clock() at time zone o.time_zone)::date
		            and e.occurred_at > letterwatch.clock() + interval '5 minutes' then 'future'
		       when s.on_day < l.received_on then 'before'
		       when not s.possible then 'status'
		       when u.letter_no is not null then 'upset'
		       when e.unit is not null
		            and not exists (select from letterwatch.term t where t.category = 'unit' and t.code = e.unit) then 'unit'
		       when e.channel is not null
		            and not exists (select from letterwatch.term t where t.category = 'channel' and t.code = e.channel)
		       then 'channel'
		       when e.handler !~ '^[!-~]{1,64}$' then 'handler' end as fault
		from new_events e
		left join letterwatch.letter l on l.letter_no = e.letter_no
		left join letterwatch.office_setting o on o.office_code = l.office_code
		left join life s on s.letter_no = e.letter_no and s.event_id = e.event_id
		left join upset u on u.letter_no = e.letter_no
	) x
	where x.fault is not null
	order by x.letter_no, x.event_id
	limit 1;
	if found then
		perform letterwatch.refuse_event(f.letter_no, f.fault, f.faults, f.kind, f.outcome, f.on_day, f.received_on,
		                                 f.status_before, f.unit, f.channel, f.upset_kind, f.upset_on);
	end if;

	perform letterwatch.plan_letters(letters, (select string_agg(distinct n.kind, ', ') from new_events n));
	return null;
end
$$;
comment on function letterwatch.event_inserted() is 'Checks new events and plans their letters.';
