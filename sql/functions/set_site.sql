-- set_site(site): says which of several databases this is (0 to 32767; 0 is that of the topmost office). From then on it tells the
-- stages addressed to offices of that site only, its events are numbered from site × 2^48 on, and the letter numbers that it makes
-- hold the site. Saying the same again changes nothing.
-- Refused: LW001 no such number; LW003 there are letters or events, which are numbered as of another site.
-- Callers: administrators (sql/replicate/).
create or replace function letterwatch.set_site(site int) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	old_site int;
begin
	if set_site.site is null or set_site.site not between 0 and 32767 then
		perform letterwatch.refuse('LW001', 'a site is a number from 0 to 32767', '0 is the database of the topmost office.');
	end if;
	lock table letterwatch.planning in exclusive mode;
	select p.site into old_site from letterwatch.planning p;
	if coalesce(old_site, 0) <> set_site.site
	   and (exists (select from letterwatch.letter) or exists (select from letterwatch.letter_event)) then
		perform letterwatch.refuse('LW003', format('this database has letters and events, numbered as of site %s', coalesce(old_site, 0)),
			'Begin another site with an empty database, and take its letters in there.');
	end if;
	perform setval('letterwatch.event_id_seq', greatest(1, set_site.site::bigint << 48), set_site.site > 0)
	from letterwatch.event_id_seq s
	where s.last_value >> 48 <> set_site.site;
	update letterwatch.planning p set site = set_site.site where p.site is distinct from set_site.site;
	perform letterwatch.plan_daily_lines();
end
$$;
comment on function letterwatch.set_site(int) is 'Says which of several databases this is.';
