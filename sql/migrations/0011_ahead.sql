-- 0011 ahead: only what is ahead is told again, whatever stages another plan has; and a clock that was set back leaves nothing waiting
-- for the time that it showed.

-- What comes again with another shape.
drop function if exists letterwatch.stage_reached(text, text, time, date, timestamptz, text, float8[], int, timestamptz);
drop function if exists letterwatch.check_extensions(bigint[]);

-- Under rules that count seconds two stages may come at one time: there alert_id, a hash of all that an alert is, is the whole key.
drop index letterwatch.alert_stage;
create unique index alert_stage on letterwatch.alert (letter_no, rule, since, due_on, stage_at, stage_offset);

comment on column letterwatch.deadline.stage_done is
	'Up to where its stages are dealt with for the present date, by offset as in stage_plan.offsets, so that it stays what it is under other rules; NULL: none is.';

alter table letterwatch.daily_line add column planned_at timestamptz not null default letterwatch.clock();
create index daily_line_planned on letterwatch.daily_line (planned_at);
comment on column letterwatch.daily_line.planned_at is 'When next_at was computed: where the clock was set back since, it is computed again.';

comment on column letterwatch.rule.on_reopen is
	'What reopening the letter does to it: keep, restart, begin, as on_transfer, from the day of recording (restart: what was not owed until then stays so, and another begins); end: what is not met ends.';
