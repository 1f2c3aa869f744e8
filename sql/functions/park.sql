-- park(instance, tid, leased_until, code, message): a deadline, given by the ctid of its locked row, cannot be raised for that
-- error: postpones its next_event_at, keeps the error in table parked, and puts a line that names it into the outbox of
-- `instance`, once for each time that it is parked anew. The line has the code only: a message may hold values of a row.
-- Callers: raise_or_park.
create or replace function letterwatch.park(instance bigint, tid tid, leased_until timestamptz, code text, message text)
returns void
language sql volatile
as $$
	with kept as (
		insert into letterwatch.parked as p (letter_no, rule, since, parked_at, tries, next_try_at, error)
		select d.letter_no, d.rule, d.since, letterwatch.clock(), 1, letterwatch.clock() + letterwatch.retry_delay(0),
		       code || ': ' || left(message, 500)
		from letterwatch.deadline d
		where d.ctid = park.tid
		on conflict (letter_no, rule, since) do update
		set tries = p.tries + 1, next_try_at = letterwatch.clock() + letterwatch.retry_delay(p.tries), error = excluded.error
		returning p.*
	), postponed as (
		update letterwatch.deadline d
		set next_event_at = k.next_try_at
		from kept k
		where d.ctid = park.tid
		returning d.office_code, d.due_on
	), named as (
		insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
		select letterwatch.line_id('parked', k.letter_no, k.rule, k.since::text, extract(epoch from k.parked_at)::text), 'parked',
		       3, letterwatch.clock(),
		       array['event', 'parked', 'rule', k.rule, 'office', d.office_code, 'letter', k.letter_no, 'due',
		             to_char(d.due_on, 'YYYY-MM-DD'), 'sqlstate', code]
		from kept k
		cross join postponed d
		where k.tries = 1
		returning line_id, raised_at
	)
	insert into letterwatch.outbox (line_id, stage_at, instance, leased_until)
	select n.line_id, n.raised_at, park.instance, park.leased_until
	from named n
$$;
comment on function letterwatch.park(bigint, tid, timestamptz, text, text) is 'Parks a deadline whose alert cannot be raised.';
