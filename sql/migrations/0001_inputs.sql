-- 0001 inputs: what people and systems add. Nothing here is derived.
-- Keys are natural and in collation "C", so that they sort and compare alike on every machine.

create table letterwatch.planning (
	settings_changed_at timestamptz not null
);
insert into letterwatch.planning (settings_changed_at) values (letterwatch.clock());
comment on table letterwatch.planning is
	'A lock: whoever plans deadlines holds ROW SHARE, whoever changes a calendar, rule, stage or office EXCLUSIVE, and changes its row.';

create table letterwatch.term (
	category text collate "C" not null check (category in ('rule', 'stage', 'status', 'unit', 'channel')),
	code text collate "C" not null,
	en text not null,
	zh text not null,
	primary key (category, code)
);
comment on table letterwatch.term is 'English and Chinese titles of the codes that people see.';

create table letterwatch.calendar (
	calendar text collate "C" primary key check (calendar ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
	title text not null,
	parent text collate "C" references letterwatch.calendar,
	weekend int[] not null default '{6,7}' check (weekend <@ '{1,2,3,4,5,6,7}' and cardinality(weekend) < 7),
	needs_list boolean not null default true
);
comment on table letterwatch.calendar is 'Which days are worked: the weekend, and the yearly lists in calendar_day.';
comment on column letterwatch.calendar.parent is 'Days of this calendar stand over those of its parent.';
comment on column letterwatch.calendar.weekend is 'ISO days of the week that are not worked: 1 Monday to 7 Sunday.';
comment on column letterwatch.calendar.needs_list is
	'Whether a day of a year without a list is unsettled, which makes deadlines that need it provisional.';

create table letterwatch.calendar_list (
	calendar text collate "C" not null references letterwatch.calendar,
	year int not null check (year between 1900 and 2200),
	version int not null default 1 check (version > 0),
	source text not null,
	recorded_at timestamptz not null default letterwatch.clock(),
	primary key (calendar, year, version)
);
comment on table letterwatch.calendar_list is
	'The yearly notices that were loaded. The newest version of a year is in force; older ones stay as evidence.';

create table letterwatch.calendar_day (
	calendar text collate "C" not null,
	year int not null,
	version int not null default 1,
	day date not null,
	kind text not null check (kind in ('off', 'work')),
	holiday text,
	primary key (calendar, year, version, day),
	foreign key (calendar, year, version) references letterwatch.calendar_list
);
comment on table letterwatch.calendar_day is
	'Days on which a list deviates from the week: off, or a make-up working day (work). A list may hold the last days of December before its year.';

create table letterwatch.rule_set (
	rule_set text collate "C" primary key check (rule_set ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
	title text not null
);
comment on table letterwatch.rule_set is 'A regime of deadlines: which an office follows is office.rule_set, for one letter letter.rule_set.';

create table letterwatch.rule (
	rule_set text collate "C" not null references letterwatch.rule_set,
	rule text collate "C" not null check (rule ~ '^[a-z][a-z0-9_]{0,31}$'),
	valid_from date not null default '-infinity',
	valid_to date not null default 'infinity',
	basis text not null,
	begins text not null default 'receipt' check (begins in ('receipt', 'acceptance', 'progress', 'supervise')),
	count_from text not null default 'next_day' check (count_from in ('next_day', 'same_day', 'next_workday')),
	amount int check (amount > 0),
	unit text not null check (unit in ('day', 'workday', 'month', 'second', 'date')),
	month_end boolean not null default false,
	roll boolean not null default true,
	end_of_day time not null default '24:00' check (end_of_day > '00:00'),
	responsible_unit text collate "C" not null,
	assignable boolean not null default false,
	met_by text[] not null,
	not_owed_in text[] not null default '{}',
	may_suspend boolean not null default false,
	may_extend boolean not null default false,
	extend_amount int,
	extend_unit text check (extend_unit in ('day', 'workday', 'month')),
	extend_needs_approval boolean not null default true,
	extend_informs_writer boolean not null default true,
	restarts boolean not null default false,
	on_transfer text not null default 'keep' check (on_transfer in ('keep', 'restart')),
	followed_by text collate "C",
	recorded_at timestamptz not null default letterwatch.clock(),
	primary key (rule_set, rule, valid_from),
	check (valid_from <= valid_to),
	check ((amount is null) = (unit = 'date'))
);
comment on table letterwatch.rule is
	'The periods that a letter sets running. A changed law is a new row with its own valid_from; letters received before keep the old one.';
comment on column letterwatch.rule.valid_from is 'First day of receipt for which the rule holds.';
comment on column letterwatch.rule.valid_to is 'Last day of receipt for which the rule holds.';
comment on column letterwatch.rule.basis is 'The article of law, or the statement, from which the rule was read.';
comment on column letterwatch.rule.begins is
	'What sets it running: receipt of the letter, its acceptance (a notice with that outcome), each progress reply, an order to supervise.';
comment on column letterwatch.rule.count_from is
	'The first day that counts: the day after the start (next_day), the day itself (same_day), the first working day after it (next_workday).';
comment on column letterwatch.rule.unit is
	'day, workday, month; second: from the instant of receipt; date: no amount, the event that begins it names the last day.';
comment on column letterwatch.rule.month_end is
	'Months only: from the last day of a month to the last day of a month, instead of the corresponding day.';
comment on column letterwatch.rule.roll is 'Whether a last day that is no working day moves to the next working day.';
comment on column letterwatch.rule.end_of_day is 'Local time at which the last day ends; at this instant the deadline is late.';
comment on column letterwatch.rule.responsible_unit is 'The unit that must act.';
comment on column letterwatch.rule.assignable is 'Whether assign_letter hands the responsibility to another unit.';
comment on column letterwatch.rule.met_by is 'Kinds of event that meet it.';
comment on column letterwatch.rule.not_owed_in is 'Statuses of a letter in which it is not owed.';
comment on column letterwatch.rule.followed_by is
	'The rule that each progress reply sets running, from the later of this rule''s last day and the day of that reply.';

create table letterwatch.stage (
	rule_set text collate "C" not null,
	rule text collate "C" not null,
	stage_no int not null check (stage_no between 1 and 1000),
	stage text collate "C" not null,
	workdays int,
	seconds int,
	every int check (every > 0),
	unit text collate "C",
	levels_up int not null default 0 check (levels_up between 0 and 7),
	severity int not null check (severity between 0 and 7),
	primary key (rule_set, rule, stage_no),
	check ((workdays is null) <> (seconds is null)),
	check (every is null or workdays > 0)
);
comment on table letterwatch.stage is
	'When a deadline raises an alert. stage_no follows the order of their times; several stages may share a name. The last may repeat.';
comment on column letterwatch.stage.workdays is
	'At the start of office hours of the n-th working day before (negative) or after the last day; 0: of the last day itself.';
comment on column letterwatch.stage.seconds is
	'That many seconds before (negative) or after the instant at which the period ends; 0: at that instant.';
comment on column letterwatch.stage.every is 'Last stage only: comes again each so many working days.';
comment on column letterwatch.stage.unit is 'The unit addressed; NULL: the one responsible.';
comment on column letterwatch.stage.levels_up is 'The office addressed: 0 the one in charge, 1 the office above, …, at most the root.';
comment on column letterwatch.stage.severity is 'As in syslog(3): 2 crit, 3 err, 4 warning, 5 notice.';

create table letterwatch.office (
	office_code text collate "C" primary key check (office_code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$'),
	name text not null,
	parent_code text collate "C" references letterwatch.office deferrable initially immediate,
	time_zone text,
	calendar text collate "C" references letterwatch.calendar,
	rule_set text collate "C" references letterwatch.rule_set,
	day_begins time,
	site int check (site between 0 and 32767)
);
comment on table letterwatch.office is 'The tree of offices; the upper supervise the lower. NULL settings are inherited from the office above.';
comment on column letterwatch.office.day_begins is 'Start of office hours, when stages come that have no instant of their own.';
comment on column letterwatch.office.site is 'Which database of several raises the stages addressed to this office.';

create table letterwatch.letter (
	letter_no text collate "C" primary key default letterwatch.new_letter_no(),
	office_code text collate "C" not null,
	registry_no text collate "C",
	received_at timestamptz,
	received_on date not null,
	channel text collate "C" not null default 'post',
	rule_set text collate "C",
	title text,
	source text collate "C",
	source_ref text collate "C",
	origin_letter_no text collate "C",
	registered_at timestamptz not null default letterwatch.clock(),
	registered_by text not null default letterwatch.actor(),
	constraint letter_no_is_printable_ascii check (letter_no ~ '^[!-~]{1,64}$'),
	constraint letter_source_and_ref_go_together check ((source is null) = (source_ref is null))
);
create unique index letter_registry_no on letterwatch.letter (office_code, (extract(year from received_on)), registry_no)
	where registry_no is not null;
create unique index letter_source on letterwatch.letter (source, source_ref) where source is not null;
create index letter_office on letterwatch.letter (office_code, received_on);
comment on table letterwatch.letter is 'Letters as they came in, by INSERT and COPY. A slip is mended by a further event.';
comment on column letterwatch.letter.letter_no is 'Unique in the installation; printable ASCII without spaces; made when none is given.';
comment on column letterwatch.letter.registry_no is 'The office''s own number, unique in its office and year of receipt.';
comment on column letterwatch.letter.received_on is
	'The office''s local date, and what counts; from received_at, or the present moment, when none is given.';
comment on column letterwatch.letter.rule_set is 'NULL: that of its office.';
comment on column letterwatch.letter.origin_letter_no is 'Its number at the office that it came from, when it came from another site.';

create sequence letterwatch.letter_no_seq;
create sequence letterwatch.event_id_seq;

create table letterwatch.letter_event (
	event_id bigint primary key default nextval('letterwatch.event_id_seq'),
	letter_no text collate "C" not null,
	kind text collate "C" not null,
	occurred_at timestamptz not null default letterwatch.clock(),
	recorded_at timestamptz not null default letterwatch.clock(),
	recorded_by text not null default letterwatch.actor(),
	rule text collate "C",
	outcome text collate "C",
	until date,
	to_office text collate "C",
	of_letter_no text collate "C",
	of_event bigint,
	unit text collate "C",
	handler text collate "C",
	channel text collate "C",
	approved_by text,
	reason text,
	source text collate "C",
	source_ref text collate "C",
	constraint event_source_and_ref_go_together check ((source is null) = (source_ref is null))
);
create index letter_event_letter on letterwatch.letter_event (letter_no);
create unique index letter_event_source on letterwatch.letter_event (source, source_ref) where source is not null;
comment on table letterwatch.letter_event is 'What happened to letters. Append-only; rows may come by INSERT and COPY.';
comment on column letterwatch.letter_event.occurred_at is 'When it happened; may lie in the past, not after the office''s today.';
comment on column letterwatch.letter_event.recorded_at is 'When it was entered: beside occurred_at it shows what was dated back.';
comment on column letterwatch.letter_event.handler is 'Staff code of the one in charge.';

create table letterwatch.transition (
	status text collate "C" not null,
	kind text collate "C" not null,
	outcome text collate "C" not null default '',
	next_status text collate "C" not null,
	primary key (status, kind, outcome) include (next_status)
);
comment on table letterwatch.transition is 'Which event is possible in which status of a letter, and the status after it. What has no row is refused.';
