-- instant() → timestamptz: the moment at which it is called; clock() stands still while a statement runs.
-- Callers: apply_settings, await_event, claim_due, preview.
create or replace function letterwatch.instant() returns timestamptz
language sql volatile
return letterwatch.clock() + (clock_timestamp() - statement_timestamp());
comment on function letterwatch.instant() is 'The moment at which it is called.';
