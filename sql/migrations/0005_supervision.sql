-- 0005 supervision: orders of an office above and the reports on them; the first load of what was there before letterwatch.

-- What comes again with another shape.
drop function if exists letterwatch.derive(text[]);
drop function if exists letterwatch.event_sequence(text[]);
drop function if exists letterwatch.letter_fact(text[]);
drop function if exists letterwatch.next_morning(text, time);
drop function if exists letterwatch.raise_daily_lines(bigint, timestamptz);
drop function if exists letterwatch.record_event(text, text, timestamptz, text, text, text, text, text, text, date, text, text,
                                                 bigint, text, timestamptz, date, text);

-- ---- orders ---------------------------------------------------------------------------------------------------------------

alter table letterwatch.letter_event
	add column by_office text collate "C",
	add column topic text,
	add column leader text collate "C";
create index letter_event_orders on letterwatch.letter_event (by_office, topic) where kind = 'supervise';
comment on column letterwatch.letter_event.until is
	'extend: the new last day. mute: the day on which alerts come again. supervise: the last day for the report.';
comment on column letterwatch.letter_event.by_office is 'supervise: the office that orders, the one in charge or one above it.';
comment on column letterwatch.letter_event.topic is
	'supervise: what the order belongs to, one for all orders of a campaign; a few words that may be shown. Never in a log line.';
comment on column letterwatch.letter_event.leader is 'supervise: staff code of the leader who answers for it.';

alter table letterwatch.transition
	add column when_supervised boolean,
	add column supervises boolean;
comment on column letterwatch.transition.when_supervised is
	'true: only while an order waits for feedback; false: only while none does; NULL: either.';
comment on column letterwatch.transition.supervises is 'Whether an order waits for feedback afterwards; NULL: as before.';

-- ---- classes of age --------------------------------------------------------------------------------------------------------

alter table letterwatch.term drop constraint term_category_check;
alter table letterwatch.term add check (category in ('rule', 'stage', 'status', 'unit', 'channel', 'event', 'reason', 'state', 'age'));

create index letter_state_backlog on letterwatch.letter_state (office_code, received_on, letter_no)
	where status in ('registered', 'incomplete', 'accepted', 'in_progress', 'reopened', 'exempt');

-- ---- the first load -------------------------------------------------------------------------------------------------------

alter table letterwatch.letter
	add column baseline boolean not null default letterwatch.baseline();
alter table letterwatch.letter_event
	add column baseline boolean not null default letterwatch.baseline();
alter table letterwatch.deadline
	add column baseline boolean not null default false;
alter type letterwatch.life add attribute baseline boolean;
create index deadline_baseline on letterwatch.deadline (office_code) where state = 'open' and baseline;
comment on column letterwatch.letter.baseline is
	'It came with a first load (letterwatch.baseline): what had ended by then raises no alerts.';
comment on column letterwatch.letter_event.baseline is 'As letter.baseline, for what the event begins.';
comment on column letterwatch.deadline.baseline is
	'It began in a first load. If it had ended by then, it has no stages until it gets a later last day.';

-- ---- lines that come by the day ---------------------------------------------------------------------------------------------

create index daily_line_next on letterwatch.daily_line (next_at);
comment on table letterwatch.daily_line is
	'When a line that comes by the day is to be looked at next: calendar_gap for each calendar in use, digest for each office.';
