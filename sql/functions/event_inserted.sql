-- event_inserted(): trigger of letter_event, after each INSERT or COPY statement. Locks the letters in their order, so that two
-- writers of one letter come one after the other and the second sees what the first did; checks the new events together with
-- all events of their letters; plans. All or nothing: refuse_rows names the first fault. Of a letter that is not in charge of a
-- clerk's offices (or, for an order to report, below them), nothing else is looked at or told.
create or replace function letterwatch.event_inserted() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set jit = off
set plan_cache_mode = auto
set enable_seqscan = on
set enable_mergejoin = on
set enable_hashjoin = on
set enable_nestloop = on
as $$
declare
	letters text[] := array(select distinct n.letter_no from new_events n);
	bound boolean := not letterwatch.writes_all();
	to_lock text[] := letters || array(select n.of_letter_no from new_events n where n.of_letter_no is not null) || array(
		select e.of_letter_no from letterwatch.letter_event e
		where e.letter_no = any (letters) and e.kind = 'duplicate' and exists (select from new_events n where n.kind in ('void', 'duplicate')));
	named_by constant text := coalesce(current_setting('letterwatch.faults', true), '');
	refused jsonb[];
begin
	if cardinality(letters) = 0 then
		return null;
	end if;
	if exists (select from new_events n where n.baseline) then
		perform letterwatch.refuse_baseline();
	end if;
	perform letterwatch.plan_for(cardinality(letters),
	                             '{letterwatch.letter,letterwatch.letter_state,letterwatch.letter_event,letterwatch.deadline}');
	perform letterwatch.lock_planning();
	perform from letterwatch.letter l
	where l.letter_no = any (to_lock)
	order by l.letter_no
	for no key update;
	perform letterwatch.know_since((select min(n.recorded_at) from new_events n));

	-- Many new events are joined by hashes: the planner thinks them few. What is stored of their letters is looked up by index (OFFSET
	-- 0), or it would be a hash of all letters.
	perform set_config('enable_nestloop', case when cardinality(letters) < 100 then 'on' else 'off' end, true);
	refused := array(
		with fact as materialized (
			select l.*, coalesce(l.rule_set, o.rule_set) as rule_set_in_force, o.time_zone
			from letterwatch.letter_fact(letters) l
			left join letterwatch.office_setting o on o.office_code = l.office_code
		), life as materialized (
			select s.*, n.event_id is not null as is_new
			from letterwatch.event_sequence(letters) s
			left join new_events n on n.event_id = s.event_id
		), handed_on as (
			-- A clerk's letter that an event of this statement hands to another office is not the clerk's for those after it.
			select n.letter_no, min(n.event_id) as event_id
			from new_events n
			join life v on v.letter_no = n.letter_no and v.event_id = n.event_id
			where bound and v.possible and n.to_office is not null and n.to_office not in (select letterwatch.my_clerk_offices())
			group by n.letter_no
		), upset as (
			select v.letter_no, min(v.kind) as kind, min(v.on_day) as on_day
			from life v
			cross join lateral (select x.impossible from letterwatch.letter_state x where x.letter_no = v.letter_no offset 0) t
			where not v.possible and not v.is_new
			group by v.letter_no, t.impossible
			having count(*) > t.impossible
		), first_day as (
			select v.letter_no, min(v.on_day) as on_day
			from life v
			where v.kind not in ('correct', 'void')
			group by v.letter_no
		)
		select to_jsonb(x) || jsonb_build_object('faults', count(*) over ())
		from (
			select e.letter_no, e.event_id, e.kind, e.outcome, e.unit, e.channel, e.until, e.rule, e.to_office, e.of_letter_no,
			       e.of_event, e.by_office, d.on_day, coalesce(s.status_before, t.status) as status,
			       s.suspended_before as suspended, s.supervised_before as supervised,
			       l.received_on, l.rule_set_in_force as rule_set, u.kind as upset_kind, u.on_day as upset_on, b.on_day as first_on,
			       case
			       when bound and l.letter_no is not null
			            and (coalesce(y.by_office, t.office_code, l.office_code) not in (select letterwatch.my_clerk_offices())
			                 or y.by_office is null and h.event_id < e.event_id
			                 or e.kind = 'supervise' and e.by_office is not null
			                    and not exists (select from letterwatch.office_setting x
			                                    where x.office_code = coalesce(t.office_code, l.office_code)
			                                      and x.path @> array[e.by_office])) then 'foreign'
			       when bound and g.letter_no is not null and g.office_code not in (select letterwatch.my_offices())
			       then 'foreign original'
			       else coalesce(letterwatch.event_value_fault(row(e.*)::letterwatch.letter_event, s.possible, d.on_day, d.today,
			                                              l.received_on, l.rule_set_in_force, s.office_before),
			       case
			       when b.on_day < l.received_on and (e.kind = 'correct' or v.kind = 'correct') then 'receipt'
			       when e.kind not in ('correct', 'void') and e.occurred_at < l.received_on::timestamp at time zone l.time_zone then 'before'
			       when e.kind = 'duplicate' and exists (select from new_events n where n.kind = e.kind and n.letter_no = e.of_letter_no)
			       then 'chain'
			       when not s.possible then 'status'
			       when u.letter_no is not null then 'upset' end) end as fault
			from new_events e
			left join fact l on l.letter_no = e.letter_no
			left join lateral (
				select x.letter_no, x.office_code, x.status from letterwatch.letter_state x where x.letter_no = e.letter_no offset 0
			) t on true
			left join lateral (
				select x.letter_no, x.office_code from letterwatch.letter_state x where x.letter_no = e.of_letter_no offset 0
			) g on true
			left join life s on s.letter_no = e.letter_no and s.event_id = e.event_id
			left join letterwatch.office_setting o on o.office_code = coalesce(s.office_code, t.office_code)
			left join handed_on h on h.letter_no = e.letter_no
			left join upset u on u.letter_no = e.letter_no
			left join first_day b on b.letter_no = e.letter_no
			left join lateral (
				select w.kind, w.by_office
				from letterwatch.letter_event w
				where e.kind = 'void' and w.event_id = e.of_event and w.letter_no = e.letter_no
				offset 0
			) v on true
			-- Who orders a report, or takes the order back, is of the office that orders it; all else is done by the one in charge.
			cross join lateral (
				select case when e.kind = 'supervise' then e.by_office when v.kind = 'supervise' then v.by_office end
			) y (by_office)
			cross join lateral (
				select (e.occurred_at at time zone o.time_zone)::date, (letterwatch.clock() at time zone o.time_zone)::date
			) d (on_day, today)
		) x
		where x.fault is not null
		order by x.letter_no, x.event_id
		limit case when named_by = '' then 1 end);
	perform set_config('enable_nestloop', 'on', true);
	if cardinality(refused) > 0 then
		perform letterwatch.refuse_rows('events', letterwatch.event_refusal(refused[1]), (refused[1] ->> 'faults')::bigint,
			case when named_by <> '' then (
				-- An event is named only if it is at fault whatever becomes of the other new ones of its letter; all of them are, if
				-- they come and go together with it (named by letter).
				select jsonb_agg(jsonb_build_object('place', x.place, 'letter_no', x.event ->> 'letter_no',
				                                    'message', (letterwatch.event_refusal(x.event)).message))
				from (
					select r as event, p.place, p.of_letter,
					       r ->> 'fault' as fault, bool_and(r ->> 'fault' = 'status') over (partition by r ->> 'letter_no') as only_status
					from unnest(refused) r
					join (select n.event_id, row_number() over (order by n.event_id) as place,
					             count(*) over (partition by n.letter_no) as of_letter
					      from new_events n) p on p.event_id = (r ->> 'event_id')::bigint
				) x
				where named_by = 'letter'
				   or x.of_letter = 1 and x.fault <> 'chain'
				   or x.fault = 'status' and x.only_status
				   or x.fault in ('letter', 'foreign', 'foreign original', 'kind', 'outcome', 'unit', 'channel', 'handler', 'reason',
				                  'until', 'topic', 'leader', 'nothing', 'itself', 'original')
				   or x.fault like 'stray %') end);
	end if;
	if exists (select from new_events n where n.kind in ('void', 'duplicate')) then
		perform letterwatch.check_duplicates(letters);
	end if;
	perform letterwatch.check_suspensions(array(select n.event_id from new_events n where n.kind = 'suspend'));
	perform letterwatch.check_extensions(array(select n.event_id from new_events n where n.kind = 'extend'));
	-- What comes before an extension, or takes back what did, may leave it behind the end that it moved.
	perform letterwatch.check_extensions(array(
		select x.event_id
		from letterwatch.letter_event x
		where x.letter_no = any (letters) and x.kind = 'extend'
		  and exists (select from new_events n
		              where n.letter_no = x.letter_no and (n.occurred_at < x.occurred_at or n.kind in ('void', 'correct')))
		  and x.event_id not in (select n.event_id from new_events n)), (select min(n.recorded_at) from new_events n));

	perform letterwatch.plan_letters(letters, (select string_agg(distinct n.kind, ', ') from new_events n));
	return null;
end
$$;
comment on function letterwatch.event_inserted() is 'Checks new events and plans their letters.';
