-- 0004 members: who sees and writes the letters of which office.

-- What comes again with another shape.
drop function if exists letterwatch.plan_letters(text[], text);

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
