-- 0012 held: a deadline that was closed stays under the rules by which it was, whatever rules its letters come under.

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
	broken_at bigint,
	progress_place bigint,
	followed int,
	state text,
	ended letterwatch.life_end,
	closers timestamptz[],
	due_on date,
	office_code text,
	unit text
);
comment on type letterwatch.life is 'A deadline while derive goes through the events of its letter.';

comment on table letterwatch.rule is
	'The periods that a letter sets running. A changed law is a new row with its own valid_from; letters received before keep the old one. A corrected row concerns what is open.';
comment on column letterwatch.deadline.rule_set is
	'That of its letter, or of what was closed, that by which it was.';

-- Closed deadlines that had gone with their rules come again.
insert into letterwatch.settings_change (what, rule_sets)
select 'rules of version 12', array_agg(r.rule_set)
from letterwatch.rule_set r
where exists (select from letterwatch.letter)
  and (exists (select from letterwatch.rule_past)
       or exists (select from letterwatch.office_setting_past p
                  join letterwatch.office_setting s on s.office_code = p.office_code and s.rule_set <> p.rule_set))
having count(*) > 0;
