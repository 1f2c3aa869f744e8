-- next_status(status, kind, outcome, transitions) → text: the status of a letter after an event; an event that is not possible
-- changes nothing. transitions: table transition as one object, 'status/kind/outcome' → next status.
-- Callers: the aggregate status_after.
create or replace function letterwatch.next_status(status text, kind text, outcome text, transitions jsonb) returns text
language plpgsql immutable parallel safe
as $$
begin
	return coalesce(transitions ->> (status || '/' || kind || '/' || coalesce(outcome, '')), status);
end
$$;
comment on function letterwatch.next_status(text, text, text, jsonb) is 'One step of a letter''s life.';
