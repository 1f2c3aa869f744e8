-- 0004 members: who sees and writes the letters of which office; the writers of letters, apart; the text of the notice.

-- What comes again with another shape.
drop function if exists letterwatch.plan_letters(text[], text);
drop function if exists letterwatch.event_value_fault(letterwatch.letter_event, date, date, text, text);

create table letterwatch.office_member (
	db_role text not null,
	office_code text collate "C" not null references letterwatch.office on update cascade on delete cascade,
	duty text collate "C" not null check (duty in ('clerk', 'reader')),
	primary key (db_role, office_code, duty)
);
create index office_member_office on letterwatch.office_member (office_code);
comment on table letterwatch.office_member is
	'Who belongs to which office. What a member may do is granted by letterwatch_clerk and letterwatch_reader; here stands where.';
comment on column letterwatch.office_member.db_role is 'The login, or a role that logins are granted.';
comment on column letterwatch.office_member.duty is
	'clerk: sees and writes the letters of this office; reader: sees those of this office and of all below it, without personal data.';

create table letterwatch.petitioner (
	letter_no text collate "C" primary key,
	name text,
	contact text,
	address text
);
comment on table letterwatch.petitioner is
	'Who wrote a letter: personal data, for the clerks of the office in charge only. forget_petitioner takes a row out.';
comment on column letterwatch.petitioner.contact is 'Telephone, e-mail or the like.';
comment on column letterwatch.petitioner.address is 'As it stands on an envelope; may have several lines.';

create table letterwatch.petitioner_forgotten (
	letter_no text collate "C" not null,
	forgotten_at timestamptz not null default letterwatch.clock(),
	forgotten_by text not null default letterwatch.actor(),
	session_role text not null default session_user,
	reason text not null check (reason ~ '\S')
);
create index petitioner_forgotten_letter on letterwatch.petitioner_forgotten (letter_no);
comment on table letterwatch.petitioner_forgotten is 'Append-only: whose data were deleted on purpose, when, by whom and why.';
comment on column letterwatch.petitioner_forgotten.forgotten_by is 'The person (letterwatch.actor), or the login.';
comment on column letterwatch.petitioner_forgotten.session_role is 'The login.';
comment on column letterwatch.petitioner_forgotten.reason is 'Free text; never in a log line.';

create table letterwatch.notice_template (
	outcome text collate "C" not null check (outcome in ('accepted', 'incomplete', 'referred', 'not_accepted')),
	language text collate "C" not null check (language in ('en', 'zh')),
	body text not null,
	primary key (outcome, language),
	constraint notice_template_knows_its_fields check (
		regexp_replace(body, '\{(name|contact|address|letter_no|registry_no|received_on|office|unit|handler|reply_by|today)\}', '', 'g')
		!~ '[{}]')
);
comment on table letterwatch.notice_template is
	'The text of the 7-day notice, which an administrator may change; notice_text fills it in.';
comment on column letterwatch.notice_template.body is
	'Of the fields {name} {contact} {address} {letter_no} {registry_no} {received_on} {office} {unit} {handler} {reply_by} {today}. A line whose only field has no value is left out.';

-- Asked by my_work, and by alert_log of one office.
create index letter_state_handler on letterwatch.letter_state (handler) where handler is not null;
create index alert_office on letterwatch.alert (office_code, raised_at);
