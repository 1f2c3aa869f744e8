-- 0008_claim: functions whose signatures have changed, of a version that raised what a change of settings had not yet dated anew.
drop function if exists letterwatch.lock_due(int, boolean);
drop function if exists letterwatch.raise_alerts(bigint, int, timestamptz, boolean);
drop function if exists letterwatch.work_replan_queue(int);
