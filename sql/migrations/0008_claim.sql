-- 0008 claim: what is claimed commits before its lines are fetched.

-- They come again with another shape.
drop function if exists letterwatch.claim_due(bigint, int, text);
drop function if exists letterwatch.outbox_lines(bigint, text);
