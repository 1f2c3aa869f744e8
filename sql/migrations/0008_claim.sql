-- 0008 claim: what is claimed commits before its lines are fetched.

-- They come again with another shape.
drop function if exists letterwatch.claim_due(bigint, int, text);
drop function if exists letterwatch.outbox_lines(bigint, text);

-- What earlier trees of versions 4 to 7 may have left, or have in another shape.
drop function if exists letterwatch.derive(text[], timestamptz);
drop function if exists letterwatch.event_value_fault(letterwatch.letter_event, date, date, text, text);
