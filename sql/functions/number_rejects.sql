-- number_rejects(batch, what): says of what was rejected in which lines of the file it stands: behind the header, each record takes
-- one line and one more for each line break in its fields.
-- Callers: take_batch, for batches of files, while the lines are there.
create or replace function letterwatch.number_rejects(batch bigint, what text) returns void
language sql volatile
as $$
	with record as (
		select l.line, length(t) - length(replace(t, e'\n', '')) as breaks
		from letterwatch.intake_letter_line l
		cross join lateral (select l::text) x (t)
		where what = 'letter' and l.batch = pg_current_xact_id()
		union all
		select l.line, length(t) - length(replace(t, e'\n', ''))
		from letterwatch.intake_event_line l
		cross join lateral (select l::text) x (t)
		where what = 'event' and l.batch = pg_current_xact_id()
	), numbered as (
		select r.line, r.breaks, 1 + sum(1 + r.breaks) over (order by r.line) as ends
		from record r
	)
	update letterwatch.intake_rejected i
	set line = n.ends - n.breaks, last_line = n.ends
	from numbered n
	where i.batch_id = batch and i.what = number_rejects.what and i.line = n.line
$$;
comment on function letterwatch.number_rejects(bigint, text) is 'Names the lines of the file that were rejected.';
