-- check_suspensions(events): refuses suspensions, given by their event_id and already inserted, of letters of which nothing that its
-- rule lets be suspended is open at that moment (LW003): nothing would stand still.
-- Callers: event_inserted.
create or replace function letterwatch.check_suspensions(events bigint[]) returns void
language plpgsql stable
as $$
declare
	f record;
begin
	if cardinality(events) = 0 then
		return;
	end if;
	select e.letter_no, s.on_day into f
	from letterwatch.letter_event e
	cross join lateral letterwatch.event_sequence(array[e.letter_no::text]) s
	where e.event_id = any (events) and s.event_id = e.event_id and not exists (
		select
		from letterwatch.derive(array[e.letter_no::text]) d
		join letterwatch.rule r on r.rule_set = d.rule_set and r.rule = d.rule and r.valid_from = d.rule_from
		left join letterwatch.letter_event b on b.event_id = d.since
		where r.may_suspend and coalesce(b.occurred_at, '-infinity') <= e.occurred_at and coalesce(d.closed_at, 'infinity') >= e.occurred_at)
	order by e.letter_no
	limit 1;
	if found then
		perform letterwatch.refuse('LW003', format('letter %s: nothing is open on %s that can be suspended', f.letter_no, f.on_day),
			format('The time runs on. See: select rule, state, due_on from letterwatch.deadline where letter_no = %L; and may_suspend in '
			       'letterwatch.rule.', f.letter_no));
	end if;
end
$$;
comment on function letterwatch.check_suspensions(bigint[]) is 'Refuses suspensions by which nothing stands still.';
