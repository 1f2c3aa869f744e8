-- instant() → timestamptz: the moment at which it is called; clock() stands still while a statement runs.
-- Callers: apply_settings, claim_due, outbox_lines.
create or replace function letterwatch.instant() returns timestamptz
language sql volatile
return letterwatch.clock() + (clock_timestamp() - statement_timestamp());
comment on function letterwatch.instant() is 'The moment at which it is called.';
