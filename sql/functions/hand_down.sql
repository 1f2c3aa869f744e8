-- hand_down(letters): puts what the sites below need of some letters into outgoing, where it is not there as it is now. A row is
-- replaced, not updated: what is inserted is replicated.
-- The caller holds the rows of letter FOR NO KEY UPDATE.
-- Callers: replan, plan_new_letters. Does nothing in a database that stands alone.
create or replace function letterwatch.hand_down(letters text[]) returns void
language plpgsql volatile
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
	own_site int := (select p.site from letterwatch.planning p);
	needed record;
begin
	if own_site is null
	   or not exists (
		select
		from letterwatch.letter l
		left join letterwatch.letter_state s on s.letter_no = l.letter_no
		cross join unnest(array[l.office_code::text, s.office_code::text] || s.former_offices) x (office_code)
		join letterwatch.office_setting o on o.office_code = x.office_code and o.site <> own_site
		where l.letter_no = any (letters)) then
		return;
	end if;
	for needed in -- few: an order, a transfer, what follows them
		select n.*
		from letterwatch.needed_below(letters) n
		left join letterwatch.outgoing o on o.site = n.site and o.letter_no = n.letter_no
		where (n.letter, n.events, n.offices) is distinct from (o.letter, o.events, o.offices)
	loop
		delete from letterwatch.outgoing o where o.site = needed.site and o.letter_no = needed.letter_no;
		insert into letterwatch.outgoing (site, letter_no, letter, events, offices)
		values (needed.site, needed.letter_no, needed.letter, needed.events, needed.offices);
	end loop;
end
$$;
comment on function letterwatch.hand_down(text[]) is 'Hands the sites below what they need of letters.';
