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

alter table letterwatch.intake_batch add column opened_by text collate "C";
comment on column letterwatch.intake_batch.opened_by is
	'The role on whose behalf the session spoke, which sees what was rejected; taken_by is whom it said to act for. NULL: it was not kept yet.';

-- What is forgotten of a writer does not live on in the statistics; a column that is given its type again has none.
drop view if exists letterwatch.to_notify;
alter table letterwatch.petitioner
	alter column name type text, alter column contact type text, alter column address type text,
	alter column name set statistics 0, alter column contact set statistics 0, alter column address set statistics 0;
alter table letterwatch.letter alter column title set statistics 0;
