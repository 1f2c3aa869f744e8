-- refuse_baseline(): refuses a first load (letterwatch.baseline) to all but administrators: it keeps alerts away.
-- Errors: 42501.
-- Callers: letter_inserted, event_inserted.
create or replace function letterwatch.refuse_baseline() returns void
language plpgsql stable
as $$
begin
	if not letterwatch.sees_all() then
		perform letterwatch.refuse('42501', 'a first load (letterwatch.baseline) is for administrators',
			'Leave the setting off: what has ended already gets its overdue line.');
	end if;
end
$$;
comment on function letterwatch.refuse_baseline() is 'Refuses a first load to all but administrators.';
