-- 0010 told: what was told is known by what it is, not by a number that other rules give to another stage. No stage is told twice for
-- a last day, whatever has moved its time or its number; and none is silent because another was told at its time or by its number.

-- What depends on a column that becomes another, or comes again with another shape.
drop view if exists letterwatch.my_work;
drop view if exists letterwatch.overdue;
drop function if exists letterwatch.check_setup();
drop function if exists letterwatch.renumber_stages(text[]);
drop function if exists letterwatch.stages_ahead(text, text, time, text, text, timestamptz, int, timestamptz, int, int, timestamptz);

create function pg_temp.stage_offset(rule_set text, rule text, stage_no int) returns float8
language sql stable
as $$
	select g.offsets[least(stage_no, g.last_no)] + case when stage_no > g.last_no then g.every * (stage_no - g.last_no) else 0 end
	from letterwatch.stage_plan g
	where g.rule_set = $1 and g.rule = $2 and stage_no > 0
$$;

alter table letterwatch.deadline
	alter column stage_done drop not null,
	alter column reached drop not null,
	alter column stage_done type float8 using pg_temp.stage_offset(rule_set, rule, case when stage_done >= first_stage then stage_done end),
	alter column reached type float8 using pg_temp.stage_offset(rule_set, rule, reached);
comment on column letterwatch.deadline.stage_done is
	'The last stage dealt with for the present date, by its offset as in stage_plan.offsets, so that it stays what it is under other rules; NULL: none.';
comment on column letterwatch.deadline.reached is 'The highest stage ever raised, for any date, by its offset; NULL: none.';
comment on column letterwatch.deadline.next_event_at is 'When the stage after stage_done comes. Its index is the timer heap.';
comment on column letterwatch.deadline.dated_at is 'When the present last day was set; of a period counted in seconds, its end.';
alter table letterwatch.settings_change drop column restaged;

alter table letterwatch.alert add column stage_offset float8;
comment on column letterwatch.alert.stage_offset is
	'Which stage it is, whatever its number and time: working days after the last day, as in stage_plan.offsets. NULL: the rule counts seconds, or it is not known of an alert raised before version 10.';
alter table letterwatch.alert disable trigger user;
update letterwatch.alert a
set stage_offset = pg_temp.stage_offset(d.rule_set, d.rule, a.stage_no + a.occurrence - 1)
from letterwatch.deadline d
join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
where d.letter_no = a.letter_no and d.rule = a.rule and d.since = a.since and g.measure = 'workday' and g.stages[a.stage_no] = a.stage;
alter table letterwatch.alert enable trigger user;

alter table letterwatch.alert drop constraint alert_pkey;
alter table letterwatch.alert add primary key (letter_no, rule, since, due_on, stage_no, occurrence, stage_at);
comment on column letterwatch.alert.alert_id is 'A hash of the key and the site: the same alert has the same id after a crash, a failover or a restore.';
comment on column letterwatch.alert.stage_at is
	'The stage''s time. In the key because the number of a stage may change with the rules, and the end of a period counted in seconds within a day.';

comment on table letterwatch.calendar_date is 'Derived by rebuild_calendars: every day of the planning horizon, counted.';
comment on column letterwatch.outbox.stage_at is 'Since when it has waited: the time of the first stage that it stands for. What has waited longest is sent first.';

drop function pg_temp.stage_offset(text, text, int);
