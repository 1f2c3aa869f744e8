-- settings.sql -- rules and stages that change under open deadlines.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- a rule without stages --------------------------------------------------------------------

insert into letterwatch.rule_set (rule_set, title) values ('t-silent', 'no stages');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by)
values ('t-silent', 'notice', 'test', 20, 'workday', 'petitions', '{notice}');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('S-1', 'T-P-C-1', '2026-03-02', 't-silent');
select is(
	(select next_due_on from letterwatch.letter_status where letter_no = 'S-1'),
	'2026-03-30'::date,
	'a rule without stages has deadlines');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('t-silent', 'notice', 1, 'overdue', 0, 3);
call lwtest.redate();
select is(
	(select next_event_at from letterwatch.deadline where letter_no = 'S-1'),
	'2026-03-31 00:00+08'::timestamptz,
	'which take up the stages that it is given');
select lives_ok($$ delete from letterwatch.stage where rule_set = 't-silent' $$, 'and its stages can be taken away');
call lwtest.redate();
select is(
	(select next_event_at from letterwatch.deadline where letter_no = 'S-1'),
	null,
	'after which it is silent');

-- ---- a rule ends by mistake ---------------------------------------------------------------------

update letterwatch.rule set valid_to = '2026-01-31' where rule_set = 't-silent';
call lwtest.redate();
select is_empty($$ select from letterwatch.deadline where letter_no = 'S-1' $$, 'a rule that does not hold any more has no deadlines');
update letterwatch.rule set valid_to = 'infinity' where rule_set = 't-silent';
call lwtest.redate();
select is(
	(select next_due_on from letterwatch.letter_status where letter_no = 'S-1'),
	'2026-03-30'::date,
	'when that is mended they are there again');
select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

-- ---- stages are numbered anew --------------------------------------------------------------------

create temporary table shipped as select * from letterwatch.stage where rule_set = 'procuratorate' and rule = 'notice';
create procedure lwtest.restage(first_no int, warning int default null)
	language plpgsql
	as $$
	begin
		delete from letterwatch.stage where rule_set = 'procuratorate' and rule = 'notice';
		insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, every, unit, levels_up, severity)
		select rule_set, rule, row_number() over (order by coalesce(workdays, 0.5)), stage, workdays, seconds, every, unit,
		       levels_up, severity
		from (select * from shipped where stage_no >= first_no
		      union all
		      select 'procuratorate', 'notice', 0, 'warn', warning, null, null, null, 0, 5 where warning is not null) s;
	end $$;

insert into letterwatch.letter (letter_no, office_code, received_on) values ('S-2', 'T-P-C-1', '2026-03-02');
call lwtest.walk('2026-03-05', '2026-03-05');
call lwtest.restage(2);
call lwtest.walk('2026-03-06', '2026-03-09');
call lwtest.restage(3, -4);
call lwtest.walk('2026-03-10', '2026-03-10');
call lwtest.restage(3);
call lwtest.walk('2026-03-11', '2026-03-12');
select lwtest.rows_are(
	$$ select at, stage from lwtest.told where letter = 'S-2' order by n $$,
	$$ values ('2026-03-05 09:00:00', 'warn'), ('2026-03-06 09:00:00', 'warn'), ('2026-03-09 09:00:00', 'due'),
		('2026-03-10 00:00:00', 'overdue'), ('2026-03-10 09:00:00', 'remind'), ('2026-03-11 09:00:00', 'escalate'),
		('2026-03-12 09:00:00', 'remind') $$,
	'stages taken away or put before change nothing for those that stay: each is told once');
select is(
	(select bool_and(not fields ? 'covers') from lwtest.told where letter = 'S-2'),
	true,
	'at its time');
select is_empty('select * from letterwatch.verify()', 'what is stored is still what the facts imply');

-- ---- what an administrator's session may hold ------------------------------------------------------

create temporary table plan (x int);
select lives_ok(
	$$ update letterwatch.stage set severity = 4 where rule_set = 'demo' and stage_no = 1 $$,
	'a temporary table of the session is not in the way');

-- ---- an office with a letter that is not planned yet --------------------------------------------------

alter function letterwatch.derive rename to derive_away;
insert into letterwatch.letter (letter_no, office_code, received_on) values ('S-3', 'T-P-C-2', '2026-03-02');
alter function letterwatch.derive_away rename to derive;
select lwtest.refused(
	$$ delete from letterwatch.office where office_code = 'T-P-C-2' $$,
	'has had letters', 'removing an office whose only letter waits to be planned');

-- ---- what is made of settings -----------------------------------------------------------------------------------------------------

insert into letterwatch.letter (letter_no, office_code, received_on) values ('S-4', 'T-P-C-1', '2026-03-12');
call lwtest.redate();
update letterwatch.deadline set late_at = late_at + interval '1 hour' where letter_no = 'S-4';
select lwtest.rows_are($$ select what, letter_no from letterwatch.verify() order by 1 $$,
	$$ values ('deadline notice', 'S-4'), ('deadline reply', 'S-4') $$, 'what differs is named');
insert into letterwatch.replan_queue (letter_no) select distinct letter_no from letterwatch.verify() where letter_no is not null
on conflict do nothing;
call lwtest.redate();
select is_empty('select * from letterwatch.verify()', 'and planned anew from the queue');

update letterwatch.period set first_late_at = first_late_at + interval '1 day' where received_on = '2026-03-12' and rule = 'notice';
delete from letterwatch.period where received_on = '2026-03-12' and rule = 'reply';
insert into letterwatch.period
select p.rule_set, p.calendar, p.time_zone, p.day_begins, p.received_on, 3, 'ghost', p.rule_from, p.unit, p.due_on, p.late_at, p.provisional,
       p.first_stage, p.next_event_at, p.first_late_at
from letterwatch.period p
where p.received_on = '2026-03-12';
update letterwatch.calendar_date set settled = not settled
where day = '2026-05-01' and calendar = 'cn';
select lwtest.rows_are(
	$$ select what from letterwatch.verify() where letter_no is null order by 1 $$,
	$$ values ('calendar cn'), ('period procuratorate / ghost 2026-03-12'), ('period procuratorate / notice 2026-03-12'),
	          ('period procuratorate / reply 2026-03-12') $$,
	'verify() holds it against the settings');

select * from finish();
rollback;
