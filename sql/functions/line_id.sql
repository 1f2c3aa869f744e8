-- line_id(variadic parts) → uuid: the id of an alert or line, a SHA-256 of what makes it unique, cut to 128 bits. Not from a
-- sequence: a restore or a failover would hand its numbers out again.
-- Callers: raise_alerts, raise_cleared.
create or replace function letterwatch.line_id(variadic parts text[]) returns uuid
language sql stable parallel safe
as $$ select encode(substr(sha256(convert_to(array_to_string(parts, '|', ''), 'UTF8')), 1, 16), 'hex')::uuid $$;
comment on function letterwatch.line_id(text[]) is 'A stable id from the parts of a key.';
