-- refuse_rows(what, refusal, faults, named): raises the error with which a statement ends that brought rows (what: letters or events)
-- of which so many do not fit: refusal is that of the first. named: what is wrong with each that can be named, as [{"place": n,
-- "letter_no": "…", "message": "…"}, …], place from 1 in the order of event_id. It becomes the DETAIL, for take_letters and
-- take_events, which ask for it (setting letterwatch.faults = letter or event) and pass it on to nobody; a session that asks for it
-- itself learns what it would learn by sending its rows one by one. NULL: none.
-- Never returns.
-- Callers: letter_inserted, event_inserted.
create or replace function letterwatch.refuse_rows(what text, refusal letterwatch.refusal, faults bigint, named jsonb) returns void
language plpgsql immutable
as $$
declare
	message constant text := refusal.message
		|| case when faults > 1 then format(' (and %s more %s of this statement)', faults - 1, what) else '' end;
begin
	if named is null then
		perform letterwatch.refuse(refusal.code, message, refusal.hint);
	end if;
	raise exception using errcode = refusal.code, message = message, hint = refusal.hint, detail = named;
end
$$;
comment on function letterwatch.refuse_rows(text, letterwatch.refusal, bigint, jsonb) is
	'Raises the error of a statement of which rows do not fit.';
