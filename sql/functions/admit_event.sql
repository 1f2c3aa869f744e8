-- admit_event(): trigger of letter_event, before each row that replication inserts: as admit_letter.
create or replace function letterwatch.admit_event() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set enable_seqscan = off
as $$
declare
	here letterwatch.letter_event;
begin
	select * into here from letterwatch.letter_event e where e.event_id = new.event_id;
	if not found then
		return new;
	end if;
	insert into letterwatch.replica_conflict (table_name, letter_no, sent)
	select 'letter_event', new.letter_no, to_jsonb(new) - 'reason'
	where (here.letter_no, here.kind, here.occurred_at, here.recorded_at, here.recorded_by) is distinct from
	      (new.letter_no, new.kind, new.occurred_at, new.recorded_at, new.recorded_by)
	  and not exists (select from letterwatch.replica_conflict c
	                  where c.table_name = 'letter_event' and c.letter_no = new.letter_no and c.sent = to_jsonb(new) - 'reason');
	return null;
end
$$;
comment on function letterwatch.admit_event() is 'Takes an event that replication brings.';
