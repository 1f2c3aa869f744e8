-- assign_letter(letter_no, unit, handler, at) → what the letter owes, as owes(): a unit, and a handler by staff code, take it
-- over. A rule that is not assignable stays with its responsible unit. Errors: LW001 nobody is named; those of event_refusal.
-- Callers: people.
create or replace function letterwatch.assign_letter(
	letter_no text, unit text default null, handler text default null, at timestamptz default null)
returns setof letterwatch.owed
language plpgsql volatile
as $$
begin
	if $2 is null and $3 is null then
		perform letterwatch.refuse('LW001', format('letter %s: assigned to nobody', $1), 'Give a unit, a handler, or both.');
	end if;
	return query select * from letterwatch.record_event($1, 'assign', $4, unit => $2, handler => $3);
end
$$;
comment on function letterwatch.assign_letter(text, text, text, timestamptz) is
	'A unit or handler takes a letter over; returns what it owes.';
