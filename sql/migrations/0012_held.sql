-- 0012 held: a deadline that was closed stays under the rules by which it was, whatever rules its letters come under; and several
-- sites, each with a database of its own.

-- What comes again with another shape.
drop function if exists letterwatch.derive(text[], timestamptz);
drop function if exists letterwatch.derive_lives(text[], timestamptz);

drop type letterwatch.life;
create type letterwatch.life_end as (
	event_id bigint,
	on_day date,
	kind text,
	event_kind text,
	occurred_at timestamptz,
	recorded_at timestamptz
);
comment on type letterwatch.life_end is 'What closed a deadline: an event, or the status that it brought, as kind.';
create type letterwatch.life as (
	rule_no int,
	since bigint,
	place bigint,
	start_on date,
	start_at timestamptz,
	begun_at timestamptz,
	baseline boolean,
	named_on date,
	extended_to date,
	extensions bigint[],
	moved_by bigint,
	stretch_at bigint,
	broken_at bigint,
	progress_place bigint,
	followed int,
	state text,
	ended letterwatch.life_end,
	closers timestamptz[],
	is_broken boolean,
	due_on date,
	office_code text,
	unit text
);
comment on type letterwatch.life is 'A deadline while derive goes through the events of its letter.';

comment on table letterwatch.rule is
	'The periods that a letter sets running. A changed law is a new row with its own valid_from; letters received before keep the old one. A corrected row concerns what is open.';
comment on column letterwatch.deadline.rule_set is
	'That of its letter, or of what was closed, that by which it was.';

-- ---- several sites --------------------------------------------------------------------------------------------------------

-- What comes again with another shape.
drop function if exists letterwatch.apply_settings();
drop function if exists letterwatch.derive_offices();
drop function if exists letterwatch.lock_settings();

alter table letterwatch.planning add column site int check (site between 0 and 32767);
comment on column letterwatch.planning.site is
	'Which of several databases this is (set_site): it tells the stages addressed to offices of this site. NULL: it stands alone and tells all.';

alter table letterwatch.office_setting add column sites int[];
update letterwatch.office_setting o
set sites = array(
	select a.site
	from unnest(o.path) with ordinality p (office_code, place)
	join letterwatch.office_setting a on a.office_code = p.office_code
	order by p.place);
alter table letterwatch.office_setting alter column sites set not null;
comment on column letterwatch.office_setting.sites is 'The sites of the offices of path.';

alter table letterwatch.office_setting_past add column sites int[];
alter table letterwatch.office_setting_past disable trigger user;
update letterwatch.office_setting_past o
set sites = array(
	select coalesce(a.site, o.site)
	from unnest(o.path) with ordinality p (office_code, place)
	left join letterwatch.office_setting a on a.office_code = p.office_code
	order by p.place);
alter table letterwatch.office_setting_past enable trigger user;
alter table letterwatch.office_setting_past alter column sites set not null;

comment on column letterwatch.office.site is
	'Which database of several raises the stages addressed to this office; NULL: that of the office above, 0 for the root.';
comment on column letterwatch.letter.origin_letter_no is
	'Its number at the site that it came from, when another site has handed it down; NULL: registered here, or at a site below.';
alter table letterwatch.office replica identity full;

alter table letterwatch.settings_change add column next_try_at timestamptz;
comment on column letterwatch.settings_change.next_try_at is
	'When a daemon puts it into force, or tries to again: of offices that came by replication. NULL: its own transaction does.';

-- All letters of a site may come at once.
create index replan_queue_since on letterwatch.replan_queue (since);
create index replan_queue_next_try on letterwatch.replan_queue (next_try_at);

create table letterwatch.outgoing (
	site int not null,
	letter_no text collate "C" not null,
	letter jsonb not null,
	events jsonb not null,
	offices jsonb not null,
	handed_at timestamptz not null default letterwatch.clock(),
	primary key (site, letter_no)
);
comment on table letterwatch.outgoing is
	'Letters of which a site below does not know all: as they stand here, with their events and the offices that these name. A change is a new row; replication hands on what is inserted.';
comment on column letterwatch.outgoing.site is 'The next site on the way down: it hands on what is for one further below.';
comment on column letterwatch.outgoing.letter is 'Without its title; events likewise without their free text.';

create table letterwatch.replica_conflict (
	table_name text not null,
	letter_no text collate "C" not null,
	found_at timestamptz not null default letterwatch.clock(),
	sent jsonb not null
);
comment on table letterwatch.replica_conflict is
	'What another site has sent under a number that is something else''s here, and was not taken. verify names it; an administrator deletes it when it is cleared up.';

-- ---- what is to be done -----------------------------------------------------------------------------------------------------

-- Closed deadlines that had gone with their rules come again.
insert into letterwatch.settings_change (what, rule_sets)
select 'rules of version 12', array_agg(r.rule_set)
from letterwatch.rule_set r
where exists (select from letterwatch.letter)
  and (exists (select from letterwatch.rule_past)
       or exists (select from letterwatch.office_setting_past p
                  join letterwatch.office_setting s on s.office_code = p.office_code and s.rule_set <> p.rule_set))
having count(*) > 0;
