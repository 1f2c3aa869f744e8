-- lock_due(moment, at_most, of_letters) → tid[]: locks the at_most deadlines longest due at that moment and returns their ctids.
-- of_letters: only of these; NULL: of all but those of letters that are to be planned first (replan_queue): what was entered may
-- have answered them, a change of settings moved them. Rows locked by others are left to them.
-- Callers: raise_alerts.
create or replace function letterwatch.lock_due(moment timestamptz, at_most int, of_letters text[]) returns tid[]
language plpgsql volatile
as $$
begin
	if of_letters is not null then
		return array(
			select d.ctid
			from unnest(of_letters) u (letter_no)
			join letterwatch.deadline d on d.letter_no = u.letter_no
			where d.next_event_at <= moment
			order by d.next_event_at
			limit at_most
			for update of d skip locked);
	end if;
	return array(
		select d.ctid
		from letterwatch.deadline d
		where d.next_event_at <= moment
		  and not exists (select from letterwatch.replan_queue q where q.letter_no = d.letter_no)
		order by d.next_event_at
		limit at_most
		for update skip locked);
end
$$;
comment on function letterwatch.lock_due(timestamptz, int, text[]) is 'Locks what is due.';
