-- 0010 told: what was told is known by what it is, not by a number that other rules give to another stage. No stage is told twice for
-- a last day, whatever has moved its time or its number; and none is silent because another was told at its time or by its number.

-- What depends on a column that becomes another, or comes again with another shape.
drop view if exists letterwatch.my_work;
drop view if exists letterwatch.overdue;
drop function if exists letterwatch.check_setup();
drop function if exists letterwatch.renumber_stages(text[]);
drop function if exists letterwatch.stages_ahead(text, text, time, text, text, timestamptz, int, timestamptz, int, int, timestamptz);

do $$
begin
	if exists (select from letterwatch.settings_change c where c.redated_at is null and c.restaged <> '{}') then
		raise exception using
			errcode = 'LW003',
			message = 'stages were changed, and not all letters are planned by them yet',
			hint = 'Let the daemon of the present version finish (see :settings), or call letterwatch.redate_letters(1000) until it is 0; '
			       'then upgrade.';
	end if;
end
$$;

create function pg_temp.stage_offset(rule_set text, rule text, stage_no int) returns float8
language sql stable
as $$
	select g.offsets[least(stage_no, g.last_no)] + case when stage_no > g.last_no then g.every * (stage_no - g.last_no) else 0 end
	from letterwatch.stage_plan g
	where g.rule_set = $1 and g.rule = $2 and stage_no > 0
$$;

alter table letterwatch.settings_change drop column restaged;

-- What was told for the present last days. Of others it stays unknown: a number may have been another stage's then.
alter table letterwatch.alert add column stage_offset float8;
comment on column letterwatch.alert.stage_offset is
	'Which stage it is, whatever its number and time: working days after the last day, as in stage_plan.offsets. NULL: the rule counts seconds, or it is not known of an alert raised before version 10.';
alter table letterwatch.alert disable trigger user;
update letterwatch.alert a
set stage_offset = pg_temp.stage_offset(d.rule_set, d.rule, a.stage_no + a.occurrence - 1)
from letterwatch.deadline d
join letterwatch.stage_plan g on g.rule_set = d.rule_set and g.rule = d.rule
where d.letter_no = a.letter_no and d.rule = a.rule and d.since = a.since and d.due_on = a.due_on and d.state = 'open'
  and g.measure = 'workday' and g.stages[a.stage_no] = a.stage and a.stage_no + a.occurrence - 1 <= d.stage_done;
alter table letterwatch.alert enable trigger user;

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

-- Its key is what it is: of which deadline and last day which stage, or, in seconds, of which end.
alter table letterwatch.alert
	drop constraint alert_pkey,
	drop constraint alert_alert_id_key,
	add primary key (alert_id);
create unique index alert_stage on letterwatch.alert (letter_no, rule, since, due_on, stage_at, stage_offset) nulls not distinct;
comment on column letterwatch.alert.alert_id is 'A hash of its stage and the site: the same alert has the same id after a crash, a failover or a restore.';
comment on column letterwatch.alert.stage_at is 'The stage''s time.';

comment on table letterwatch.calendar_date is 'Derived by rebuild_calendars: every day of the planning horizon, counted.';
comment on column letterwatch.outbox.stage_at is 'Since when it has waited: the time of the first stage that it stands for. What has waited longest is sent first.';

drop function pg_temp.stage_offset(text, text, int);
