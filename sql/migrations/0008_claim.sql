-- 0008 claim: what is claimed commits before its lines are fetched, and is planned by the settings that are in force.

-- What comes again with another shape.
drop function if exists letterwatch.claim_due(bigint, int, text);
drop function if exists letterwatch.lock_due(int, boolean);
drop function if exists letterwatch.outbox_lines(bigint, text);
drop function if exists letterwatch.plan_for(int);
drop function if exists letterwatch.raise_alerts(bigint, int, timestamptz, boolean);
drop function if exists letterwatch.work_replan_queue(int);

-- What earlier trees of versions 4 to 7 may have left, or have in another shape.
drop function if exists letterwatch.derive(text[], timestamptz);
drop function if exists letterwatch.event_value_fault(letterwatch.letter_event, date, date, text, text);
