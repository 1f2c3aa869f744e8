-- baseline() → boolean: whether what this transaction registers is a first load, of what was there before letterwatch: the setting
-- letterwatch.baseline, to be set by SET LOCAL, which ends with the transaction; off where it is not set.
-- Callers: defaults of letter.baseline and letter_event.baseline.
create or replace function letterwatch.baseline() returns boolean
language sql stable
return coalesce(nullif(current_setting('letterwatch.baseline', true), '')::boolean, false);
comment on function letterwatch.baseline() is 'Whether this transaction loads what was there before letterwatch.';
