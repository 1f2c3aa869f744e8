-- void_event(event_id, reason) → what the letter owes, as owes(): that event never was; letter_history shows event_id.
-- Everything is derived anew without it; alerts that were raised stay. Errors: LW002 no such event; LW003 void already, or a
-- later event would become impossible; 42501 an event of another office's letter.
-- Callers: people.
create or replace function letterwatch.void_event(event_id bigint, reason text)
returns setof letterwatch.owed
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	letter text := (select e.letter_no from letterwatch.letter_event e where e.event_id = void_event.event_id);
begin
	if letter is null then
		perform letterwatch.refuse('LW002', format('there is no event %s', event_id),
			'See: select * from letterwatch.letter_history(…);');
	elsif not letterwatch.sees_letter(letter) then
		perform letterwatch.refuse_foreign(format('the letter of event %s', event_id));
	end if;
	return query select * from letterwatch.record_event(letter, 'void', null, reason => void_event.reason, of_event => $1);
end
$$;
comment on function letterwatch.void_event(bigint, text) is 'An event never was; returns what its letter owes.';
