-- name_queued(letter_no, code): puts a line that names a letter whose planning failed into the outbox, once for each time that it
-- is queued. The line has the code only: a message may hold values of a row.
-- Callers: work_replan_queue.
create or replace function letterwatch.name_queued(letter_no text, code text) returns void
language sql volatile
as $$
	with named as (
		insert into letterwatch.log_line (line_id, event, severity, raised_at, fields)
		select letterwatch.line_id('queued', q.letter_no, extract(epoch from q.since)::text), 'queued', 3, letterwatch.clock(),
		       array['event', 'queued', 'office', coalesce(s.office_code, l.office_code), 'letter', q.letter_no, 'sqlstate', code]
		from letterwatch.replan_queue q
		join letterwatch.letter l on l.letter_no = q.letter_no
		left join letterwatch.letter_state s on s.letter_no = q.letter_no
		where q.letter_no = name_queued.letter_no
		on conflict (line_id) do nothing
		returning line_id, raised_at
	)
	insert into letterwatch.outbox (line_id, stage_at)
	select n.line_id, n.raised_at
	from named n
$$;
comment on function letterwatch.name_queued(text, text) is 'Names a letter whose planning failed.';
