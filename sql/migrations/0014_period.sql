-- 0014 period: what the settings make of a day of receipt is kept, so that the next letter of that day need not compute it again.

create table letterwatch.period (
	rule_set text collate "C" not null,
	calendar text collate "C" not null,
	time_zone text not null,
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
	'Derived by plan_new_letters, where it is not there yet, and cleared by each change of settings: the deadlines that letters of a day begin with.';
comment on column letterwatch.period.nth is 'Counts the deadlines of the day from 1.';
comment on column letterwatch.period.first_late_at is 'The least late_at of the day: what is registered by then is not late yet.';
