-- 0003 lives: the further events of a letter's life, and settings that change under it: what was closed keeps the rule, the
-- calendar lists and the office's settings by which it was judged.

-- What comes again with another shape, and the triggers that would plan by half of the new tables.
drop trigger if exists settings_changed on letterwatch.calendar;
drop trigger if exists settings_changed on letterwatch.calendar_list;
drop trigger if exists settings_changed on letterwatch.calendar_day;
drop trigger if exists settings_inserted on letterwatch.rule;
drop trigger if exists settings_updated on letterwatch.rule;
drop trigger if exists settings_deleted on letterwatch.rule;
drop function if exists letterwatch.derive_deadlines(text[]);
drop function if exists letterwatch.derive_stages();
drop function if exists letterwatch.derive_state(text[]);
drop aggregate if exists letterwatch.status_after(text, text, jsonb);
drop function if exists letterwatch.next_status(text, text, text, jsonb);
drop function if exists letterwatch.event_sequence(text[]);
drop function if exists letterwatch.lock_due(int);
drop function if exists letterwatch.period_end(text, date, text, int, text, boolean, boolean);
drop function if exists letterwatch.raise_alerts(bigint, int, timestamptz);
drop function if exists letterwatch.rebuild_calendars();
drop function if exists letterwatch.record_event(text, text, timestamptz, text, text, text, text, text);
drop function if exists letterwatch.refuse_event(text, text, bigint, text, text, date, date, text, text, text, text, date);
drop function if exists letterwatch.renumber_stages(text[]);
drop function if exists letterwatch.replan(text[], text, boolean);

-- ---- events -------------------------------------------------------------------------------------------------------------------

alter table letterwatch.letter_event
	add column informed_at timestamptz,
	add column received_on date,
	add column rule_set text collate "C";
create index letter_event_mending on letterwatch.letter_event (letter_no) where kind in ('correct', 'void');
comment on column letterwatch.letter_event.rule is 'extend: the rule whose deadline is extended.';
comment on column letterwatch.letter_event.until is 'extend: the new last day. mute: the day on which alerts come again.';
comment on column letterwatch.letter_event.to_office is 'transfer: the receiving office. correct: the office that really received the letter.';
comment on column letterwatch.letter_event.of_letter_no is 'duplicate: the original.';
comment on column letterwatch.letter_event.of_event is 'void: the event that never was.';
comment on column letterwatch.letter_event.approved_by is 'extend: staff code of the one who approved it.';
comment on column letterwatch.letter_event.informed_at is 'extend: when the writer was told of it.';
comment on column letterwatch.letter_event.received_on is 'correct: the true day of receipt.';
comment on column letterwatch.letter_event.rule_set is 'correct: the rule set that the letter is under.';
comment on column letterwatch.letter_event.reason is 'Free text; never in a log line. exempt: anonymous, no_address or unreachable.';

alter table letterwatch.transition
	add column when_suspended boolean,
	add column suspends boolean;
comment on column letterwatch.transition.when_suspended is
	'true: only while the letter is suspended; false: only while it is not; NULL: either.';
comment on column letterwatch.transition.suspends is 'Whether the letter is suspended afterwards; NULL: as before.';

alter table letterwatch.term drop constraint term_category_check;
alter table letterwatch.term add check (category in ('rule', 'stage', 'status', 'unit', 'channel', 'event', 'reason', 'state'));

-- ---- rules ------------------------------------------------------------------------------------------------------------------------

alter table letterwatch.rule drop constraint rule_on_transfer_check, drop constraint rule_begins_check;
alter table letterwatch.rule
	add column on_reopen text not null default 'keep' check (on_reopen in ('keep', 'restart', 'begin', 'end')),
	add check (on_transfer in ('keep', 'restart', 'begin')),
	add check (begins in ('receipt', 'acceptance', 'progress', 'reopen', 'supervise')),
	add check ((extend_amount is null) = (extend_unit is null) and (extend_amount is null or may_extend)),
	add check (not may_suspend or unit in ('day', 'workday', 'month')),
	add check (followed_by is null or 'progress' = any (met_by) and begins <> 'progress'),
	add check (begins <> 'progress' or on_transfer <> 'begin' and on_reopen <> 'begin');
comment on column letterwatch.rule.may_suspend is 'Whether the days of a suspension do not count.';
comment on column letterwatch.rule.may_extend is 'Whether it can be extended, once, before it has ended.';
comment on column letterwatch.rule.extend_amount is 'By how much at most, in extend_unit, counted from the end without the extension; NULL: no limit.';
comment on column letterwatch.rule.extend_needs_approval is 'Whether an extension names who approved it.';
comment on column letterwatch.rule.extend_informs_writer is 'Whether an extension says when the writer was told.';
comment on column letterwatch.rule.restarts is 'Whether it starts again, if it is not met, on the day on which missing material is complete.';
comment on column letterwatch.rule.on_transfer is
	'What a transfer does to it: nothing (keep); what is not met starts again (restart); what is not met ends and a new one begins (begin).';
comment on column letterwatch.rule.on_reopen is
	'What reopening the letter does to it: keep, restart, begin, as on_transfer, from the day of recording; end: what is not met ends.';
comment on column letterwatch.rule.recorded_at is 'When the row got its present values. Earlier values are in rule_past.';

update letterwatch.rule
set on_transfer = 'begin', on_reopen = 'restart', not_owed_in = '{withdrawn,duplicate,exempt}'
where rule = 'notice' and rule_set in ('procuratorate', 'procuratorate-workdays', 'xinfang-2022', 'demo');
update letterwatch.rule
set not_owed_in = '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}',
    on_reopen = case when rule = 'followup' or rule_set = 'xinfang-2022' then 'end' else 'begin' end
where rule in ('reply', 'followup') and rule_set in ('procuratorate', 'procuratorate-workdays', 'xinfang-2022', 'demo');

create table letterwatch.rule_past (
	like letterwatch.rule including comments,
	until timestamptz not null,
	changed_by text not null default letterwatch.actor(),
	primary key (rule_set, rule, valid_from, until)
);
comment on table letterwatch.rule_past is
	'Append-only: earlier values of rows of rule. What was closed before `until` is judged by them; infinity: not yet committed.';

-- ---- calendars ------------------------------------------------------------------------------------------------------------------------

alter table letterwatch.calendar_list
	alter column recorded_at set default 'infinity',
	add column recorded_by text not null default letterwatch.actor(),
	add column recorded_in xid8 not null default '0';
alter table letterwatch.calendar_list alter column recorded_in set default pg_current_xact_id();
comment on column letterwatch.calendar_list.recorded_in is 'The transaction that brought it: its days come in the same one.';
comment on column letterwatch.calendar_list.recorded_at is
	'When it came into force here: at the commit. Of the lists that ship with letterwatch, the day of the notice.';

create table letterwatch.calendar_edition (
	edition text collate "C" primary key,
	calendar text collate "C" not null references letterwatch.calendar,
	until timestamptz not null
);
create index calendar_edition_until on letterwatch.calendar_edition (calendar, until);
comment on table letterwatch.calendar_edition is
	'Derived: a calendar as it was known before a list came at `until`; its days stand in calendar_date under the name of the edition.';
comment on column letterwatch.calendar_date.calendar is 'A calendar, as it is now, or a past edition of one (calendar_edition).';

create table letterwatch.calendar_import (
	line int generated always as identity,
	day text,
	kind text,
	holiday text,
	loaded_by text not null default letterwatch.session_key()
);
create index calendar_import_loaded_by on letterwatch.calendar_import (loaded_by);
comment on table letterwatch.calendar_import is
	'Where a list is put by \copy before preview_calendar and import_calendar take it; each session sees to its own rows.';

-- ---- offices ------------------------------------------------------------------------------------------------------------------------------

create table letterwatch.office_setting_past (
	like letterwatch.office_setting,
	until timestamptz not null,
	changed_by text not null default letterwatch.actor(),
	primary key (office_code, until)
);
comment on table letterwatch.office_setting_past is
	'Append-only: earlier settings of offices. What was closed before `until` is judged by them; infinity: not yet committed.';

-- ---- changes of settings ------------------------------------------------------------------------------------------------------------

alter table letterwatch.planning add column known_since timestamptz not null default letterwatch.clock();
comment on column letterwatch.planning.known_since is 'Events recorded since then find the edition of their calendar in calendar_edition.';

create table letterwatch.settings_change (
	change_id bigint generated always as identity primary key,
	what text not null,
	changed_at timestamptz not null default letterwatch.clock(),
	changed_by text not null default letterwatch.actor(),
	session_role text not null default session_user,
	calendars text[] not null default '{}',
	rule_sets text[] not null default '{}',
	applied_at timestamptz,
	job text,
	offices text[] not null default '{}',
	restaged text[] not null default '{}',
	first_day date,
	last_day date,
	done_upto text[],
	redated_at timestamptz
);
create index settings_change_pending on letterwatch.settings_change (change_id) where redated_at is null;
comment on table letterwatch.settings_change is
	'Each change of calendars, rules, stages and offices: who and when, and how far the open deadlines have been re-dated since.';
comment on column letterwatch.settings_change.applied_at is 'When it came into force; NULL: its transaction has not committed.';
comment on column letterwatch.settings_change.restaged is 'Rule sets whose stages have other numbers or times than before.';
comment on column letterwatch.settings_change.job is
	'What its transaction changed in all, if re-dating it goes by this row: the last of the transaction.';
comment on column letterwatch.settings_change.first_day is 'The first day that counts otherwise than before, in one of the calendars.';
comment on column letterwatch.settings_change.last_day is 'The last such day.';
comment on column letterwatch.settings_change.done_upto is 'The last one re-dated; the claim goes on behind it.';
comment on column letterwatch.settings_change.redated_at is 'When all of it was re-dated.';

-- ---- what is derived ----------------------------------------------------------------------------------------------------------------------

alter table letterwatch.letter_state
	add column received_on date,
	add column suspended_on date,
	add column muted_until date,
	add column duplicate_of text collate "C",
	add column former_offices text[] not null default '{}';
update letterwatch.letter_state s
set received_on = l.received_on
from letterwatch.letter l
where l.letter_no = s.letter_no;
alter table letterwatch.letter_state alter column received_on set not null;
create index letter_state_duplicate on letterwatch.letter_state (duplicate_of) where duplicate_of is not null;
comment on column letterwatch.letter_state.received_on is 'The day of receipt, as corrected.';
comment on column letterwatch.letter_state.suspended_on is 'Since when it is suspended; NULL: it is not.';
comment on column letterwatch.letter_state.muted_until is 'The day on which its warnings and reminders come again.';
comment on column letterwatch.letter_state.duplicate_of is 'The original of a duplicate.';
comment on column letterwatch.letter_state.former_offices is 'The offices that passed it on, the first one first.';

alter table letterwatch.deadline
	alter column due_on drop not null,
	alter column late_at drop not null,
	alter column overdue_at drop not null,
	add column rule_from date not null default '-infinity',
	add column begun_at timestamptz,
	add column pauses datemultirange,
	add column extended_to date,
	add column muted_until timestamptz;
drop index letterwatch.deadline_open;
create index deadline_open on letterwatch.deadline (office_code, due_on, letter_no) where state = 'open';
create index deadline_suspended on letterwatch.deadline (office_code) where state = 'suspended';
create index deadline_provisional on letterwatch.deadline (office_code, due_on) where state = 'open' and provisional;
alter table letterwatch.deadline add constraint deadline_has_a_date check ((due_on is null) = (state = 'suspended'));
comment on column letterwatch.deadline.state is
	'open; suspended: open, and without a date until the letter is resumed; met; not_owed; exempt.';
comment on column letterwatch.deadline.office_code is 'The office in charge; of what is closed, the one that then was.';
comment on column letterwatch.deadline.rule_from is 'valid_from of its rule.';
comment on column letterwatch.deadline.begun_at is 'When its beginning was recorded: what had ended by then is overdue from that moment on.';
comment on column letterwatch.deadline.pauses is 'The days that do not count; NULL: none.';
comment on column letterwatch.deadline.extended_to is 'The last day that an extension or an order names; NULL: none.';
comment on column letterwatch.deadline.muted_until is 'Until then only what mute does not hold back is raised.';

alter table letterwatch.stage_plan add column loud int[] not null default '{}';
comment on column letterwatch.stage_plan.loud is 'The stages that mute does not hold back: all but warn, due and remind.';

alter table letterwatch.deadline_change
	add column session_role text not null default session_user;
comment on table letterwatch.deadline_change is
	'Append-only: each change of a deadline''s last day, by whom and why. NULL: no date (suspended, or gone).';
comment on column letterwatch.deadline_change.changed_by is 'The person (letterwatch.actor), or the login.';
comment on column letterwatch.deadline_change.session_role is 'The login.';

create type letterwatch.life as (
	rule_no int,
	since bigint,
	place bigint,
	start_on date,
	start_at timestamptz,
	begun_at timestamptz,
	named_on date,
	extended_to date,
	extensions bigint[],
	moved_by bigint,
	followed int,
	state text,
	closed_event bigint,
	closed_on date,
	closed_kind text,
	due_on date,
	office_code text,
	unit text
);
comment on type letterwatch.life is 'A deadline while derive goes through the events of its letter.';

alter table letterwatch.replan_queue
	add column why text not null default 'planned again',
	add column changed_by text not null default letterwatch.actor(),
	add column session_role text not null default session_user;
comment on column letterwatch.replan_queue.why is 'With changed_by and session_role: for deadline_change, once it is planned.';

-- ---- lines that come by the day -----------------------------------------------------------------------------------------------------

create table letterwatch.daily_line (
	event text collate "C" not null,
	subject text collate "C" not null,
	next_at timestamptz not null,
	primary key (event, subject)
);
comment on table letterwatch.daily_line is 'When a line that comes by the day is to be looked at next: calendar_gap, for each calendar in use.';
