-- know_since(recorded_at): events recorded that early will be judged: keeps the editions of all calendars from then on. Nothing
-- to do for what is recorded now; it is for events that come from another database, or were recorded before the schema was
-- here.
-- Callers: event_inserted.
create or replace function letterwatch.know_since(recorded_at timestamptz) returns void
language plpgsql volatile
as $$
begin
	if recorded_at >= (select p.known_since from letterwatch.planning p) then
		return;
	end if;
	lock table letterwatch.calendar_edition in share row exclusive mode;
	perform letterwatch.make_editions(
		array(select c.calendar::text from letterwatch.calendar c),
		array(select distinct l.recorded_at
		      from letterwatch.calendar_list l
		      cross join letterwatch.planning p
		      where l.recorded_at > know_since.recorded_at and l.recorded_at <= p.known_since));
	update letterwatch.planning p set known_since = least(p.known_since, know_since.recorded_at);
end
$$;
comment on function letterwatch.know_since(timestamptz) is 'Keeps the editions of calendars that events recorded since then need.';
