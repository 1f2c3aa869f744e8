-- petitioner_written(): trigger of petitioner, after each INSERT or UPDATE statement: the letters are there (LW002) and, unless the
-- invoker may write for every office, in charge of its offices (42501).
create or replace function letterwatch.petitioner_written() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	bound boolean := not letterwatch.writes_all();
	f record;
begin
	select x.* into f
	from (
		select n.letter_no, case
		       when l.letter_no is null then 'letter'
		       when bound and coalesce(s.office_code, l.office_code) not in (select letterwatch.my_clerk_offices()) then 'foreign'
		       end as fault
		from new_petitioners n
		left join letterwatch.letter l on l.letter_no = n.letter_no
		left join letterwatch.letter_state s on s.letter_no = n.letter_no
	) x
	where x.fault is not null
	order by x.letter_no
	limit 1;
	if f.fault = 'letter' then
		perform letterwatch.refuse('LW002', format('there is no letter %s', f.letter_no), 'Register the letter first, then its writer.');
	elsif f.fault = 'foreign' then
		perform letterwatch.refuse_foreign(format('letter %s', f.letter_no));
	end if;
	return null;
end
$$;
comment on function letterwatch.petitioner_written() is 'Checks whose writers are entered.';
