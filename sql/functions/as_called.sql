-- as_called(message, called) → text: a message about a letter that names it as its source does (read_letters), not by a number that
-- was made for it and that it does not get.
-- Callers: take_letters, take_lines.
create or replace function letterwatch.as_called(message text, called text) returns text
language sql immutable parallel safe
return regexp_replace(message, '^letter \S+?(:?) ', format('letter %s\1 ', replace(called, '\', '\\')));
comment on function letterwatch.as_called(text, text) is 'A message that names a letter as its source does.';
