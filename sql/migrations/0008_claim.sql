-- 0008 claim: what comes again with another shape.
drop function if exists letterwatch.lock_due(int, boolean);
drop function if exists letterwatch.plan_for(int);
drop function if exists letterwatch.raise_alerts(bigint, int, timestamptz, boolean);
drop function if exists letterwatch.work_replan_queue(int);
