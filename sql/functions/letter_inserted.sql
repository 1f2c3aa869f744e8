-- letter_inserted(): trigger of letter, after each INSERT or COPY statement: checks the new letters as a set, then plans them.
-- All or nothing: refuse_rows names the first fault. As owner, so that a clerk needs no right on what is derived.
create or replace function letterwatch.letter_inserted() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	bound boolean := not letterwatch.writes_all();
	named constant boolean := coalesce(current_setting('letterwatch.faults', true), '') <> '';
	refused jsonb[];
begin
	if not exists (select from new_letters) then
		return null;
	end if;
	if exists (select from new_letters n where n.baseline) then
		perform letterwatch.refuse_baseline();
	end if;
	perform letterwatch.lock_planning();

	refused := array(
		select to_jsonb(x) || jsonb_build_object('faults', count(*) over ())
		from (
			select l.letter_no, l.office_code, l.received_on, l.channel, coalesce(l.rule_set, o.rule_set) as rule_set,
			       case
			       when o.office_code is null then 'office'
			       when bound and l.office_code not in (select letterwatch.my_clerk_offices()) then 'foreign'
			       when not l.received_on <@ letterwatch.planning_horizon() then 'horizon'
			       when l.received_on > (letterwatch.clock() at time zone o.time_zone)::date
			            and coalesce(l.received_at > letterwatch.clock() + interval '5 minutes', true) then 'future'
			       when l.received_on <> (l.received_at at time zone o.time_zone)::date then 'two days'
			       when l.rule_set is not null and s.rule_set is null then 'rule set'
			       when not exists (select from letterwatch.rule r
			                        where r.rule_set = coalesce(l.rule_set, o.rule_set)
			                          and l.received_on between r.valid_from and r.valid_to) then 'rule'
			       when t.code is null then 'channel' end as fault
			from new_letters l
			left join letterwatch.office_setting o on o.office_code = l.office_code
			left join letterwatch.rule_set s on s.rule_set = l.rule_set
			left join letterwatch.term t on t.category = 'channel' and t.code = l.channel
		) x
		where x.fault is not null
		order by x.letter_no
		limit case when not named then 1 end);
	if cardinality(refused) > 0 then
		perform letterwatch.refuse_rows('letters', letterwatch.letter_refusal(refused[1]), (refused[1] ->> 'faults')::bigint,
			case when named then (
				select jsonb_agg(jsonb_build_object('letter_no', r ->> 'letter_no', 'message', (letterwatch.letter_refusal(r)).message))
				from unnest(refused) r) end);
	end if;

	perform letterwatch.plan_letters(array(select n.letter_no::text from new_letters n), 'registered', true);
	return null;
end
$$;
comment on function letterwatch.letter_inserted() is 'Checks and plans new letters.';
