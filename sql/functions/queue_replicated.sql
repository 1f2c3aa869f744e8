-- queue_replicated(): trigger of letter and letter_event, after each row that replication inserts, for which no statement trigger
-- comes: has the letter planned by the next claim. A row of the queue that a claim is working off is waited for: what it plans may
-- not know of this event.
create or replace function letterwatch.queue_replicated() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
begin
	insert into letterwatch.replan_queue (letter_no, why)
	values (new.letter_no, 'replicated')
	on conflict (letter_no) do update
	set next_try_at = excluded.next_try_at;
	notify letterwatch_due;
	return null;
end
$$;
comment on function letterwatch.queue_replicated() is 'Has planned what replication brings.';
