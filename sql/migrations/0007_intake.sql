-- 0007 intake: one front door for letters and events from psql, files and other systems. What comes is put as text into a table
-- of lines, read there as a set, and becomes rows of letter and letter_event.

-- They come again with columns of text.
drop view if exists letterwatch.intake_letter;
drop view if exists letterwatch.intake_event;

create table letterwatch.intake_batch (
	batch_id bigint generated always as identity primary key,
	source text not null,
	file text collate "C" unique,
	started_at timestamptz not null default letterwatch.clock(),
	ended_at timestamptz,
	lines bigint not null default 0,
	letters bigint not null default 0,
	events bigint not null default 0,
	known bigint not null default 0,
	rejected bigint not null default 0,
	fault text,
	taken_by text not null default letterwatch.actor()
);
comment on table letterwatch.intake_batch is 'What came by files and from registries: one row a file, or a pull that brought something.';
comment on column letterwatch.intake_batch.file is 'What it is called where it is worked on: a name that never comes twice, so that no file is taken twice.';
comment on column letterwatch.intake_batch.lines is 'Records that were read, the header not among them.';
comment on column letterwatch.intake_batch.known is 'Rows that were here already and brought nothing new.';
comment on column letterwatch.intake_batch.fault is 'Why it was refused as a whole.';

create table letterwatch.intake_rejected (
	what text collate "C" not null check (what in ('letter', 'event')),
	batch_id bigint references letterwatch.intake_batch on delete cascade,
	line bigint,
	last_line bigint,
	source text collate "C",
	source_ref text collate "C",
	letter_no text collate "C",
	reason text not null,
	rejected_at timestamptz not null default letterwatch.clock()
);
create index intake_rejected_source on letterwatch.intake_rejected (source, source_ref) where source_ref is not null;
create index intake_rejected_batch on letterwatch.intake_rejected (batch_id, line);
comment on table letterwatch.intake_rejected is
	'Rows that could not be taken, and why. What is mended and comes again under its source_ref leaves it; the rest an admin deletes.';
comment on column letterwatch.intake_rejected.line is 'Where its record begins in the file; last_line: where it ends. NULL: it came by no file.';
comment on column letterwatch.intake_rejected.source_ref is 'Its number where it came from: what it says stands there, not here.';

create table letterwatch.office_alias (
	source text collate "C" not null,
	alias text collate "C" not null,
	office_code text collate "C" not null references letterwatch.office on update cascade on delete cascade,
	primary key (source, alias)
);
create index office_alias_office on letterwatch.office_alias (office_code);
comment on table letterwatch.office_alias is 'What a source calls our offices. A code that has no row here stands for itself.';

create table letterwatch.intake_heading (
	heading text primary key,
	name text collate "C" not null
);
comment on table letterwatch.intake_heading is 'What columns of CSV files may be called beside their own names.';
comment on column letterwatch.intake_heading.name is 'A column of intake_letter or intake_event; line, rejected: passed over.';

create table letterwatch.intake_mark (
	source_view text collate "C" primary key,
	changed_at text not null
);
comment on table letterwatch.intake_mark is
	'How far pull_sources has read each view: the latest changed_at that it saw, as text of its own type.';

-- Unlogged: a line lives no longer than the transaction that brings it.
create unlogged table letterwatch.intake_letter_line (
	batch xid8 not null default pg_current_xact_id(),
	line bigint not null generated always as identity (cache 100),
	rejected_line text,
	rejected text,
	letter_no text,
	office_code text,
	registry_no text,
	received_at text,
	received_on text,
	channel text,
	rule_set text,
	title text,
	unit text,
	handler text,
	notice_at text,
	reply_at text,
	outcome text,
	source text,
	source_ref text,
	primary key (batch, line)
);
comment on table letterwatch.intake_letter_line is
	'Letters on their way in, as they were written. Taken and deleted in the transaction that brings them.';
comment on column letterwatch.intake_letter_line.batch is 'That transaction.';
comment on column letterwatch.intake_letter_line.rejected is 'Of a mended file: what was wrong; passed over, as is rejected_line.';

create unlogged table letterwatch.intake_event_line (
	batch xid8 not null default pg_current_xact_id(),
	line bigint not null generated always as identity (cache 100),
	rejected_line text,
	rejected text,
	letter_no text,
	letter_ref text,
	kind text,
	occurred_at text,
	rule text,
	outcome text,
	until text,
	to_office text,
	of_letter_no text,
	of_event text,
	unit text,
	handler text,
	channel text,
	approved_by text,
	reason text,
	informed_at text,
	received_on text,
	rule_set text,
	source text,
	source_ref text,
	by_office text,
	topic text,
	leader text,
	primary key (batch, line)
);
comment on table letterwatch.intake_event_line is
	'Events on their way in, as they were written. Taken and deleted in the transaction that brings them.';
comment on column letterwatch.intake_event_line.batch is 'That transaction.';
comment on column letterwatch.intake_event_line.rejected is 'Of a mended file: what was wrong; passed over, as is rejected_line.';
comment on column letterwatch.intake_event_line.letter_ref is 'In place of letter_no: the source_ref of the letter, of the same source.';

create type letterwatch.intake_said as (
	corrections bigint,
	assignments bigint,
	received_on date,
	unit text,
	handler text
);
comment on type letterwatch.intake_said is 'What a source has said of a letter since it came.';

create type letterwatch.intake_letter_row as (
	line bigint,
	fault text,
	known_no text,
	letter_no text,
	called text,
	office_code text,
	registry_no text,
	received_at timestamptz,
	received_on date,
	channel text,
	rule_set text,
	title text,
	unit text,
	handler text,
	source text,
	source_ref text,
	corrected_at timestamptz,
	assigned_at timestamptz,
	notice_at timestamptz,
	notice_outcome text,
	reply_at timestamptz,
	reply_kind text,
	corrections bigint,
	assignments bigint,
	notice_on date,
	reply_on date
);
comment on type letterwatch.intake_letter_row is
	'A line of intake_letter_line as it was read: a letter, or what is new about one that is here (known_no).';
comment on column letterwatch.intake_letter_row.fault is
	'Why it cannot be taken, as far as reading shows; the triggers of letter and letter_event may know more.';
comment on column letterwatch.intake_letter_row.called is
	'How messages name it: by its number, or its source_ref, as its source knows it; not by a number that it does not get.';
comment on column letterwatch.intake_letter_row.corrected_at is
	'When it is said anew on which day it was received; likewise assigned_at, notice_at, reply_at: events to add; NULL: none.';
comment on column letterwatch.intake_letter_row.corrections is
	'How often its source has corrected it before; assignments: how often assigned.';

create type letterwatch.intake_event_row as (
	line bigint,
	fault text,
	known boolean,
	letter_no text,
	kind text,
	occurred_at timestamptz,
	rule text,
	outcome text,
	until date,
	to_office text,
	of_letter_no text,
	of_event bigint,
	unit text,
	handler text,
	channel text,
	approved_by text,
	reason text,
	informed_at timestamptz,
	received_on date,
	rule_set text,
	source text,
	source_ref text,
	by_office text,
	topic text,
	leader text
);
comment on type letterwatch.intake_event_row is 'A line of intake_event_line as it was read.';
comment on column letterwatch.intake_event_row.known is 'Whether it is here already.';

create type letterwatch.intake_fault as (
	what text,
	line bigint,
	source text,
	source_ref text,
	letter_no text,
	reason text
);
comment on type letterwatch.intake_fault is 'A line that cannot be taken in.';

create type letterwatch.intake_count as (
	letters bigint,
	events bigint,
	known bigint,
	rejected bigint
);
comment on type letterwatch.intake_count is 'What became of lines.';
