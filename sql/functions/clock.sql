-- clock() → timestamptz: the only "now" of the schema. Tests replace it.
-- STABLE, the start of the statement: clock_timestamp() could be no index condition.
-- Its body is bound when it is made: what a clerk puts into search_path cannot give it another meaning.
-- Callers: everything that asks for the time, defaults and views included.
create or replace function letterwatch.clock() returns timestamptz
language sql stable parallel safe
return statement_timestamp();
comment on function letterwatch.clock() is 'The present moment, as all of letterwatch sees it.';
