-- 0010 told: no stage is told twice for a last day, whatever has moved its time or its number; and none is silent because another
-- was told at its time.

alter table letterwatch.alert drop constraint alert_pkey;
alter table letterwatch.alert add primary key (letter_no, rule, since, due_on, stage_no, occurrence, stage_at);
comment on column letterwatch.alert.alert_id is 'A hash of the key and the site: the same alert has the same id after a crash, a failover or a restore.';
comment on column letterwatch.alert.stage_at is
	'The stage''s time. In the key because the number of a stage may change with the rules, and the end of a period counted in seconds within a day.';

alter table letterwatch.alert add column stage_offset float8;
comment on column letterwatch.alert.stage_offset is
	'Which stage it is, whatever its number and time: working days after the last day, as in stage_plan.offsets. NULL: the rule counts seconds, or it was raised before version 10.';

comment on column letterwatch.deadline.dated_at is 'When the present last day was set; of a period counted in seconds, its end.';
comment on column letterwatch.outbox.stage_at is 'Since when it has waited: the time of the first stage that it stands for. What has waited longest is sent first.';
