-- hand_back(site) → bigint: puts all that this database has of the letters of a site below, what that site itself registered and
-- recorded, too, into outgoing for it: for a site that was restored from a backup. Returns how many letters.
-- Callers: administrators (sql/replicate/hand_back.psql).
create or replace function letterwatch.hand_back(site int) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	n bigint;
begin
	-- Nobody hands down meanwhile.
	perform letterwatch.lock_settings();
	delete from letterwatch.outgoing o where o.site = hand_back.site;
	insert into letterwatch.outgoing (site, letter_no, letter, events, offices)
	select x.site, x.letter_no, x.letter, x.events, x.offices
	from letterwatch.needed_below(array(
		select distinct s.letter_no::text
		from letterwatch.letter_state s
		join letterwatch.letter l on l.letter_no = s.letter_no
		join letterwatch.office_setting o
			on o.office_code = any (array[l.office_code::text, s.office_code::text] || s.former_offices)
		where hand_back.site = any (o.sites)), true) x
	where x.site = hand_back.site;
	get diagnostics n = row_count;
	return n;
end
$$;
comment on function letterwatch.hand_back(int) is 'Hands a restored site all that is known of its letters.';
