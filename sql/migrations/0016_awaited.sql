-- 0016 awaited: a claim may come ahead of what is due, and waits for it.

-- What comes again with other arguments.
drop function if exists letterwatch.claim_due(bigint, int, text);
drop function if exists letterwatch.lock_due(int, text[]);
drop function if exists letterwatch.raise_alerts(bigint, int, timestamptz, text[]);
drop function if exists letterwatch.raise_or_park(bigint, tid[], timestamptz);
drop function if exists letterwatch.raise_stages(bigint, tid[], timestamptz);
