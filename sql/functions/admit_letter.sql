-- admit_letter(): trigger of letter, before each row that replication inserts. A letter that is here already is not inserted again, so
-- that all can be sent again; another one under its number goes to replica_conflict. A registry_no that is taken is left
-- out. Neither stops replication.
create or replace function letterwatch.admit_letter() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
set enable_seqscan = off
as $$
declare
	here letterwatch.letter;
begin
	select * into here from letterwatch.letter l where l.letter_no = new.letter_no;
	if found then
		insert into letterwatch.replica_conflict (table_name, letter_no, sent)
		select 'letter', new.letter_no, to_jsonb(new) - 'title'
		where (here.office_code, here.received_on, here.registered_at, here.registered_by) is distinct from
		      (new.office_code, new.received_on, new.registered_at, new.registered_by)
		  and not exists (select from letterwatch.replica_conflict c
		                  where c.table_name = 'letter' and c.letter_no = new.letter_no and c.sent = to_jsonb(new) - 'title');
		return null;
	end if;
	if exists (select from letterwatch.letter l
	           where l.office_code = new.office_code and l.registry_no = new.registry_no
	             and extract(year from l.received_on) = extract(year from new.received_on)) then
		new.registry_no := null;
	end if;
	return new;
end
$$;
comment on function letterwatch.admit_letter() is 'Takes a letter that replication brings.';
