-- 0002 derived: what replan and the rebuild functions keep as functions of the inputs, and what cannot be derived:
-- alerts raised, what was sent, each change of a date. No foreign keys on the bulk tables: the triggers check set-wise.

create table letterwatch.calendar_date (
	calendar text collate "C" not null,
	day date not null,
	workday boolean not null,
	workdays int not null,
	next_workday date not null,
	settled boolean not null,
	unsettled int not null,
	holiday text,
	primary key (calendar, day)
);
create index calendar_date_workday on letterwatch.calendar_date (calendar, workdays) include (day) where workday;
comment on table letterwatch.calendar_date is 'Derived by rebuild_calendar: every day of the planning horizon, counted.';
comment on column letterwatch.calendar_date.workdays is 'Working days from the beginning of the horizon up to and including this day.';
comment on column letterwatch.calendar_date.next_workday is 'The first working day after this day.';
comment on column letterwatch.calendar_date.settled is 'Whether lists are loaded for this day and, where it is no working day, up to the next.';
comment on column letterwatch.calendar_date.unsettled is 'Unsettled days from the beginning of the horizon up to and including this day.';

create table letterwatch.stage_plan (
	rule_set text collate "C" not null,
	rule text collate "C" not null,
	measure text not null,
	offsets float8[] not null,
	last_no int not null,
	every int,
	overdue_no int,
	stages text[] not null,
	units text[] not null,
	levels_up int[] not null,
	severities int[] not null,
	primary key (rule_set, rule)
);
comment on table letterwatch.stage_plan is 'Derived by rebuild_stages: the stages of a rule as arrays, subscript = stage_no.';
comment on column letterwatch.stage_plan.measure is 'What offsets count: working days after the last day, or seconds after the end of the period.';
comment on column letterwatch.stage_plan.offsets is 'Ascending. Among working days 0.5 stands for the instant at which the period ends.';
comment on column letterwatch.stage_plan.overdue_no is 'The first stage named overdue.';

create table letterwatch.office_setting (
	office_code text collate "C" primary key,
	path text[] not null,
	level int not null,
	time_zone text not null,
	calendar text collate "C" not null,
	rule_set text collate "C" not null,
	day_begins time not null,
	site int not null
);
create index office_setting_path on letterwatch.office_setting using gin (path);
comment on table letterwatch.office_setting is 'Derived by rebuild_offices: each office with its inherited settings and its ancestors.';
comment on column letterwatch.office_setting.path is 'Office codes from the root to the office itself; level is their number.';

create table letterwatch.letter_state (
	letter_no text collate "C" primary key,
	office_code text collate "C" not null,
	rule_set text collate "C" not null,
	status text collate "C" not null,
	status_on date not null,
	status_event bigint not null,
	last_event bigint not null,
	impossible int not null,
	unit text collate "C",
	handler text collate "C"
) with (fillfactor = 90);
create index letter_state_office on letterwatch.letter_state (office_code);
comment on table letterwatch.letter_state is 'Derived by replan: where a letter stands.';
comment on column letterwatch.letter_state.office_code is 'The office in charge.';
comment on column letterwatch.letter_state.impossible is 'How many of its events could not be in the status that it then had.';
comment on column letterwatch.letter_state.last_event is 'The event recorded last. Every event changes this row, so two writers in REPEATABLE READ cannot miss each other.';

create table letterwatch.deadline (
	letter_no text collate "C" not null,
	rule text collate "C" not null,
	since bigint not null,
	rule_set text collate "C" not null,
	office_code text collate "C" not null,
	unit text collate "C" not null,
	state text collate "C" not null,
	start_on date not null,
	due_on date not null,
	late_at timestamptz not null,
	overdue_at timestamptz not null,
	provisional boolean not null,
	first_stage int not null,
	closed_event bigint,
	closed_on date,
	dated_at timestamptz not null,
	stage_done int not null,
	reached int not null,
	next_event_at timestamptz,
	primary key (letter_no, rule, since)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);
create index deadline_heap on letterwatch.deadline (next_event_at) where next_event_at is not null;
create index deadline_open on letterwatch.deadline (office_code, due_on) where state = 'open';
comment on table letterwatch.deadline is 'Derived by replan: one row per letter, rule and beginning. The claim moves stage_done, reached and next_event_at.';
comment on column letterwatch.deadline.since is 'The event that began it; 0: the receipt.';
comment on column letterwatch.deadline.state is 'open, met, or not_owed.';
comment on column letterwatch.deadline.due_on is 'The last day.';
comment on column letterwatch.deadline.late_at is 'The first instant that is late: the end of the last day in the office''s zone.';
comment on column letterwatch.deadline.overdue_at is
	'When overdue is raised: late_at, or the moment of registration where that was later; the later stages count from its day.';
comment on column letterwatch.deadline.provisional is 'The date needs a holiday list that is not loaded; weekends only were taken.';
comment on column letterwatch.deadline.first_stage is 'Stages before this one would not have come after the period''s start: they do not exist.';
comment on column letterwatch.deadline.dated_at is 'When the present date was set.';
comment on column letterwatch.deadline.stage_done is 'The last stage dealt with for the present date. Beyond the last stage each repetition counts one.';
comment on column letterwatch.deadline.reached is 'The highest stage ever raised.';
comment on column letterwatch.deadline.next_event_at is 'When stage_done + 1 comes. Its index is the timer heap.';

create table letterwatch.deadline_change (
	letter_no text collate "C" not null,
	rule text collate "C" not null,
	since bigint not null,
	old_due date,
	new_due date,
	why text not null,
	changed_at timestamptz not null default letterwatch.clock(),
	changed_by text not null default letterwatch.actor()
);
create index deadline_change_letter on letterwatch.deadline_change (letter_no);
comment on table letterwatch.deadline_change is 'Append-only: each change of a deadline''s last day.';

create table letterwatch.alert (
	alert_id uuid not null unique,
	letter_no text collate "C" not null,
	rule text collate "C" not null,
	since bigint not null,
	due_on date not null,
	stage_no int not null,
	occurrence int not null,
	stage text collate "C" not null,
	severity int not null,
	office_code text collate "C" not null,
	to_office text collate "C" not null,
	unit text collate "C" not null,
	handler text collate "C",
	stage_at timestamptz not null,
	raised_at timestamptz not null,
	late_s bigint not null,
	covers int not null,
	registered_late boolean not null,
	provisional boolean not null,
	days_left int not null,
	workdays_left int not null,
	primary key (letter_no, rule, since, due_on, stage_at)
);
create index alert_raised on letterwatch.alert (raised_at);
comment on table letterwatch.alert is 'Insert-only: every alert raised, one for each stage that came, or for the latest of several.';
comment on column letterwatch.alert.alert_id is 'A hash of the key and the site: the same stage has the same id after a crash, a failover or a restore.';
comment on column letterwatch.alert.stage_at is
	'The stage''s time, which no two stages of one deadline share; the number of a stage may change with the rows of table stage.';
comment on column letterwatch.alert.late_s is 'Whole seconds from the stage''s time to raised_at.';
comment on column letterwatch.alert.covers is 'How many stages it stands for.';

create table letterwatch.log_line (
	line_id uuid primary key,
	event text collate "C" not null,
	severity int not null,
	raised_at timestamptz not null,
	fields text[] not null
);
comment on table letterwatch.log_line is 'Insert-only: lines other than alerts that the database raises, such as cleared.';
comment on column letterwatch.log_line.fields is 'Key, value, key, value, … in the order of the line.';

create table letterwatch.outbox (
	line_id uuid primary key,
	stage_at timestamptz not null,
	instance bigint,
	leased_until timestamptz
) with (autovacuum_vacuum_scale_factor = 0.01);
comment on table letterwatch.outbox is 'Lines that no syslog has taken yet. Deleted when sent; the alert row stays.';
comment on column letterwatch.outbox.instance is 'The daemon that sends it, until leased_until or until its connection is gone.';

create table letterwatch.alert_sent (
	line_id uuid not null,
	sent_at timestamptz not null,
	instance bigint not null
);
create index alert_sent_line on letterwatch.alert_sent using hash (line_id);
comment on table letterwatch.alert_sent is 'Append-only: which line was handed to syslog when, and by which daemon.';

create table letterwatch.replan_queue (
	letter_no text collate "C" primary key,
	since timestamptz not null default letterwatch.clock(),
	tries int not null default 0,
	next_try_at timestamptz not null default letterwatch.clock(),
	error text
);
comment on table letterwatch.replan_queue is 'Letters whose planning failed. A clerk''s write stands; the claim tries them again.';

create table letterwatch.parked (
	letter_no text collate "C" not null,
	rule text collate "C" not null,
	since bigint not null,
	parked_at timestamptz not null,
	tries int not null,
	next_try_at timestamptz not null,
	error text not null,
	primary key (letter_no, rule, since)
);
comment on table letterwatch.parked is 'Deadlines whose alert could not be raised. The claim tries them again; the others go out meanwhile.';
comment on column letterwatch.parked.next_try_at is 'The next_event_at of the deadline; where that has become another, the row is over.';

create table letterwatch.daemon_instance (
	instance bigint generated always as identity primary key,
	host text not null,
	pid int not null,
	version text not null,
	started_at timestamptz not null,
	connected_at timestamptz not null,
	last_pass_at timestamptz,
	stopped_at timestamptz,
	next_event_at timestamptz
) with (fillfactor = 50);
comment on table letterwatch.daemon_instance is 'The daemons, running and stopped, with their heartbeat.';

create type letterwatch.owed as (
	letter_no text,
	rule text,
	unit text,
	handler text,
	due_on date,
	days_left int,
	workdays_left int,
	provisional boolean
);
comment on type letterwatch.owed is 'What a letter owes: what the functions for people return.';
comment on column letterwatch.owed.days_left is 'Calendar days from the office''s today to the last day, negative after it.';
comment on column letterwatch.owed.workdays_left is
	'Working days after today up to and including the last day, 0 on it; after it -(1 + working days between), never 0.';

create type letterwatch.closing as (
	letter_no text,
	rule text,
	since bigint,
	office_code text,
	closed_kind text,
	closed_on date
);
comment on type letterwatch.closing is 'A deadline that was just closed, and by what.';
