-- line_id(variadic parts) → uuid: the id of an alert or line, a SHA-256 of what makes it unique, cut to 128 bits. Not from a
-- sequence: a restore or a failover would hand its numbers out again.
-- plpgsql, as is all that a claim calls for each line: its plan is kept for the session, that of an SQL function is made anew.
-- Callers: raise_stages, raise_cleared, raise_calendar_gaps, raise_digests, park, name_queued, close_batch.
create or replace function letterwatch.line_id(variadic parts text[]) returns uuid
language plpgsql immutable parallel safe
as $$
begin
	return encode(substr(sha256(convert_to(array_to_string(parts, '|', ''), 'UTF8')), 1, 16), 'hex')::uuid;
end
$$;
comment on function letterwatch.line_id(text[]) is 'A stable id from the parts of a key.';
