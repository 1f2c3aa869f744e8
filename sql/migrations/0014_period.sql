-- 0014 period: what the settings make of a day of receipt is kept, so that the next letter of that day need not compute it again; a
-- new row of rule starts anew what is reopened, unless it says otherwise.

create table letterwatch.period (
	rule_set text collate "C" not null,
	calendar text collate "C" not null,
	time_zone text collate "C" not null,
	day_begins time not null,
	received_on date not null,
	nth int not null,
	rule text collate "C" not null,
	rule_from date not null,
	unit text collate "C" not null,
	due_on date not null,
	late_at timestamptz not null,
	provisional boolean not null,
	first_stage int not null,
	next_event_at timestamptz,
	first_late_at timestamptz not null,
	primary key (rule_set, calendar, time_zone, day_begins, received_on, nth)
);
comment on table letterwatch.period is
	'Derived by plan_first_letters, where it is not there yet, and cleared by each change of settings: the deadlines that letters of a day begin with.';
comment on column letterwatch.period.nth is 'Counts the deadlines of the day from 1, in the order of their rules.';
comment on column letterwatch.period.first_late_at is 'The least late_at of the day: what is registered by then is not late yet.';

alter table letterwatch.rule alter column on_reopen set default 'restart';
comment on column letterwatch.rule.on_reopen is
	'What reopening the letter does to it, from the day of recording: what is not met starts again (restart), ends while a new one begins (begin), or ends (end); keep: it is owed as before, and may be overdue at once.';
