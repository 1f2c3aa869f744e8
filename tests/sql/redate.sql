-- redate.sql -- a list of holidays changes while deadlines run: what was told
-- is not told again, what is ahead again is told at its new time, what is past
-- and was never told is told at once, in one line.
begin;
\ir include/helpers.psql
select no_plan();

-- The next version of the list of 2026: as the one in force, with some days changed.
create procedure lwtest.change_list(days date[], kind text)
	language plpgsql
	as $$
	declare
		newest int := (select max(version) from letterwatch.calendar_list where calendar = 'cn' and year = 2026);
	begin
		insert into letterwatch.calendar_list (calendar, year, version, source)
		values ('cn', 2026, newest + 1, 'invented for a test');
		insert into letterwatch.calendar_day (calendar, year, version, day, kind)
		select 'cn', 2026, newest + 1, day, old.kind
		from letterwatch.calendar_day as old
		where calendar = 'cn' and year = 2026 and version = newest and day <> all (days)
		union all
		select 'cn', 2026, newest + 1, day, change_list.kind
		from unnest(days) as day;
		call lwtest.redate();
	end $$;

create function lwtest.told_of(letter text) returns table (at text, stage text, due text, covers text)
	language sql
	as $$
	select told.at, told.stage, told.fields->>'due', coalesce(told.fields->>'covers', '-')
	from lwtest.told as told
	where told.letter = told_of.letter and told.rule = 'notice'
	order by told.n
	$$;

-- ---- the last day is put off on the last day itself -------------------------------------

-- Received Monday 2 March, last day Monday the 9th; told twice and on the last day.
call lwtest.register('D-OFF', '2026-03-02 09:00');
call lwtest.walk('2026-03-05', '2026-03-09');
call lwtest.set_clock('2026-03-09 10:00:00');
call lwtest.change_list(array['2026-03-09'::date], 'off');

select is(
	(select next_due_on from letterwatch.letter_status where letter_no = 'D-OFF'),
	'2026-03-10'::date,
	'a last day that becomes a day off moves to the next working day');
select is(
	letterwatch.due_date('procuratorate', 'notice', '2026-03-02'),
	'2026-03-10'::date,
	'due_date counts by the newest list');
call lwtest.walk('2026-03-10', '2026-03-11');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('D-OFF') $$,
	$$ values
		('2026-03-05 09:00:00', 'warn', '2026-03-09', '-'),
		('2026-03-06 09:00:00', 'warn', '2026-03-09', '-'),
		('2026-03-09 09:00:00', 'due', '2026-03-09', '-'),
		('2026-03-10 09:00:00', 'due', '2026-03-10', '-'),
		('2026-03-11 00:00:00', 'overdue', '2026-03-10', '-'),
		('2026-03-11 09:00:00', 'remind', '2026-03-10', '-') $$,
	'told and past stays silent, told and ahead again is told when it comes');

select is(
	(select count(distinct alert_id)::int from letterwatch.alert_log where letter_no = 'D-OFF' and stage = 'due'),
	2,
	'the two dates have alerts of their own');

-- ---- the last day is moved into the past ---------------------------------------------------

-- Received Saturday 7 March, a day that is worked from now on: 7 days end on Saturday
-- the 14th and roll to Monday the 16th, until that Saturday becomes a working day.
call lwtest.set_clock('2026-03-07 10:00:00');
call lwtest.register('D-ON', '2026-03-07 09:00');
call lwtest.walk('2026-03-08', '2026-03-14');
call lwtest.set_clock('2026-03-15 10:00:00');
call lwtest.change_list(array['2026-03-14'::date], 'work');
call lwtest.sweep();
call lwtest.walk('2026-03-16', '2026-03-16');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('D-ON') $$,
	$$ values
		('2026-03-12 09:00:00', 'warn', '2026-03-16', '-'),
		('2026-03-13 09:00:00', 'warn', '2026-03-16', '-'),
		('2026-03-15 10:00:00', 'overdue', '2026-03-14', '2'),
		('2026-03-16 09:00:00', 'remind', '2026-03-14', '-') $$,
	'past and never told is told at once, in one line');

-- ---- what is closed keeps what it was judged by ------------------------------------------------

call lwtest.set_clock('2026-04-07 10:00:00');
call lwtest.register('D-MET', '2026-04-07 09:00');
call lwtest.set_clock('2026-04-14 10:00:00');
select count(*) as ignored from letterwatch.record_notice('D-MET') \gset
call lwtest.change_list(array['2026-04-14'::date], 'off');
select is(
	(select due_on from letterwatch.deadline where letter_no = 'D-MET' and rule = 'notice'),
	'2026-04-14'::date,
	'what was met before the list changed keeps its last day');

call lwtest.set_clock('2026-04-20 10:00:00');
select count(*) as ignored from letterwatch.assign_letter('D-MET', 'case', 'S-1') \gset
select is(
	(select due_on from letterwatch.deadline where letter_no = 'D-MET' and rule = 'notice'),
	'2026-04-14'::date,
	'also when something else is entered for that letter afterwards');

-- ---- what is suspended has ended before its pause ------------------------------------------------

insert into letterwatch.rule_set (rule_set, title) values ('t-pause', 'ten working days, with pauses');
insert into letterwatch.rule (rule_set, rule, basis, amount, unit, responsible_unit, met_by, may_suspend)
values ('t-pause', 'notice', 'test', 10, 'workday', 'petitions', '{notice}', true);
call lwtest.set_clock('2026-05-11 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('D-PAUSE', 'T-P-C-1', '2026-05-11', 't-pause');
call lwtest.set_clock('2026-05-25 10:00:00');
select is(
	(select due_on from letterwatch.suspend_letter('D-PAUSE', 'a hearing')),
	null,
	'suspended on the tenth working day: no last day');
call lwtest.set_clock('2026-05-26 10:00:00');
call lwtest.change_list(array['2026-05-16'::date], 'work');
select lwtest.rows_are(
	$$ select state, due_on from letterwatch.deadline where letter_no = 'D-PAUSE' $$,
	$$ values ('open', '2026-05-22'::date) $$,
	'when a Saturday before turns out to be worked, it had ended before that');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');

-- ---- two stages at the same moment, before and after ------------------------------------------

-- Received Monday 13 April; on Thursday, when the first is told, Friday becomes a day off: the second is Thursday's now.
call lwtest.set_clock('2026-04-13 10:00:00');
call lwtest.register('D-EVE', '2026-04-13 09:00');
call lwtest.sweep('2026-04-16 09:00:00');
call lwtest.set_clock('2026-04-16 10:00:00');
call lwtest.change_list(array['2026-04-17'::date], 'off');
call lwtest.sweep();
call lwtest.walk('2026-04-17', '2026-04-20');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('D-EVE') $$,
	$$ values
		('2026-04-16 09:00:00', 'warn', '2026-04-20', '-'),
		('2026-04-16 10:00:00', 'warn', '2026-04-20', '-'),
		('2026-04-20 09:00:00', 'due', '2026-04-20', '-') $$,
	'a stage that moves to the time of one that was told is told too');

-- ---- a last day that goes and comes back ----------------------------------------------------------

-- The day of receipt is corrected to a later one and back; meanwhile the office has moved west, so what was told is ahead again.
insert into letterwatch.office (office_code, name, parent_code) values ('T-WEST', 'office that turns out to lie in the west', 'T-P');
call lwtest.set_clock('2026-04-01 10:00:00');
call lwtest.register('D-BACK', '2026-04-01 09:00', 'T-WEST');
call lwtest.register('D-FAR', '2026-04-01 09:00', 'T-WEST');
call lwtest.sweep('2026-04-07 09:00:00');
call lwtest.set_clock('2026-04-07 09:30:00');
select count(*) as ignored from letterwatch.correct_letter('D-BACK', 'a slip', received_on => '2026-04-02') \gset
update letterwatch.office set time_zone = 'Asia/Urumqi' where office_code = 'T-WEST';
select count(*) as ignored from letterwatch.correct_letter('D-BACK', 'no slip', received_on => '2026-04-01') \gset
call lwtest.redate();
call lwtest.sweep('2026-04-08 11:00:00');
select lwtest.rows_are(
	$$ select letter, told.* from unnest(array['D-BACK', 'D-FAR']) letter, lwtest.told_of(letter) told $$,
	$$ values
		('D-BACK', '2026-04-07 09:00:00', 'warn', '2026-04-08', '2'),
		('D-BACK', '2026-04-08 11:00:00', 'due', '2026-04-08', '-'),
		('D-FAR', '2026-04-07 09:00:00', 'warn', '2026-04-08', '2'),
		('D-FAR', '2026-04-08 11:00:00', 'due', '2026-04-08', '-') $$,
	'what was told for a last day is not told for it again, nor stood for by a later alert');

-- ---- other rules, with other stages -----------------------------------------------------------------

-- The same seven days under two sets of rules; a number stands for different stages in them.
insert into letterwatch.rule_set (rule_set, title) values ('t-few', 'two stages'), ('t-many', 'four stages');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
select s, 'notice', 'test', 'receipt', 7, 'day', false, 'petitions', '{notice}' from unnest(array['t-few', 't-many']) s;
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, every, severity)
values ('t-few', 'notice', 1, 'due', 0, null, null, 4), ('t-few', 'notice', 2, 'overdue', null, 0, null, 3),
       ('t-many', 'notice', 1, 'warn', -1, null, null, 5), ('t-many', 'notice', 2, 'due', 0, null, null, 4),
       ('t-many', 'notice', 3, 'overdue', null, 0, null, 3), ('t-many', 'notice', 4, 'remind', 1, null, 1, 4);
call lwtest.set_clock('2026-06-01 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('D-FEWER', 'T-P-C-1', '2026-06-01', 't-many'), ('D-MORE', 'T-P-C-1', '2026-06-01', 't-few'),
       ('D-LATE', 'T-P-C-1', '2026-06-01', 't-many'), ('D-TOLD', 'T-P-C-1', '2026-06-01', 't-few');
call lwtest.walk('2026-06-04', '2026-06-08');
call lwtest.set_clock('2026-06-08 10:00:00');
select count(*) as ignored from letterwatch.correct_letter('D-FEWER', 'a slip', rule_set => 't-few') \gset
select count(*) as ignored from letterwatch.correct_letter('D-MORE', 'a slip', rule_set => 't-many') \gset
call lwtest.walk('2026-06-09', '2026-06-10');
call lwtest.set_clock('2026-06-10 10:00:00');
select count(*) as ignored from letterwatch.correct_letter('D-LATE', 'a slip', rule_set => 't-few') \gset
select count(*) as ignored from letterwatch.correct_letter('D-TOLD', 'a slip', rule_set => 't-many') \gset
call lwtest.walk('2026-06-11', '2026-06-11');
select lwtest.rows_are(
	$$ select letter, stage, count(*) from lwtest.told where letter in ('D-FEWER', 'D-MORE', 'D-LATE', 'D-TOLD') group by 1, 2 order by 1, 2 $$,
	$$ values
		('D-FEWER', 'due', 1), ('D-FEWER', 'overdue', 1), ('D-FEWER', 'warn', 1),
		('D-LATE', 'due', 1), ('D-LATE', 'overdue', 1), ('D-LATE', 'remind', 2), ('D-LATE', 'warn', 1),
		('D-MORE', 'due', 1), ('D-MORE', 'overdue', 1), ('D-MORE', 'remind', 3),
		('D-TOLD', 'due', 1), ('D-TOLD', 'overdue', 1), ('D-TOLD', 'remind', 2) $$,
	'each stage of the rules that hold is told once, whatever its number was under the rules before');

-- ---- lists up to the end of what is planned --------------------------------------------------------------------------

-- A feast on the 8th to 10th of June each year; its calendar can be computed, and is entered as far as deadlines are planned.
insert into letterwatch.calendar (calendar, title, parent, weekend, needs_list) values ('t-feast', 'a feast', null, '{6,7}', true);
insert into letterwatch.office (office_code, name, parent_code, calendar) values ('T-FEAST', 'office with a feast', 'T-P', 't-feast');
call lwtest.set_clock('2026-06-15 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('D-FEAST', 'T-FEAST', '2027-06-01'::date - 365);
set constraints all deferred;
insert into letterwatch.calendar_list (calendar, year, source) select 't-feast', y, 'computed' from generate_series(2026, 2060) y;
insert into letterwatch.calendar_day (calendar, year, day, kind, holiday)
select 't-feast', y, make_date(y, m, 1) + d, 'off', 'feast'
from generate_series(2026, 2060) y, unnest(array[6, 9, 12]) m, generate_series(0, 2) d
where extract(isodow from make_date(y, m, 1) + d) < 6;
set constraints all immediate;
call lwtest.redate();
select is((select due_on from letterwatch.deadline where letter_no = 'D-FEAST' and rule = 'reply'), '2026-09-04'::date, 'a last day on a feast is moved, however far the lists go');

-- ---- a follow-up starts where the answer would end by now --------------------------------------------------------------------

-- Answered in part in time, so the answer is judged by the list of then; what follows it is open, and counts from the last day by now.
call lwtest.set_clock('2026-09-07 10:00:00');
call lwtest.register('D-NEXT', '2026-09-07 09:00');
call lwtest.register('D-DONE', '2026-09-07 09:00');
create view lwtest.answered as
select letter_no, rule, state, start_on, due_on
from letterwatch.deadline
where letter_no in ('D-NEXT', 'D-DONE') and rule <> 'notice'
order by letter_no, rule;
select count(*) as ignored from unnest(array['D-NEXT', 'D-DONE']) l, letterwatch.record_notice(l) \gset
call lwtest.set_clock('2026-10-12 10:00:00');
select count(*) as ignored from unnest(array['D-NEXT', 'D-DONE']) l, letterwatch.record_reply(l, 'progress') \gset
call lwtest.set_clock('2026-10-13 10:00:00');
select count(*) as ignored from letterwatch.record_reply('D-DONE', 'result') \gset
select lwtest.rows_are(
	'select * from lwtest.answered',
	$$ values
		('D-DONE', 'followup', 'met', '2026-12-07'::date, '2027-01-07'::date), ('D-DONE', 'reply', 'met', '2026-09-07', '2026-12-07'),
		('D-NEXT', 'followup', 'open', '2026-12-07', '2027-01-07'), ('D-NEXT', 'reply', 'met', '2026-09-07', '2026-12-07') $$,
	'what follows an answer counts from its last day');
call lwtest.set_clock('2026-10-14 10:00:00');
call lwtest.change_list('{2026-12-07,2026-12-08,2026-12-09,2026-12-10}', 'off');
call lwtest.sweep();
select lwtest.rows_are(
	'select * from lwtest.answered',
	$$ values
		('D-DONE', 'followup', 'met', '2026-12-07'::date, '2027-01-07'::date), ('D-DONE', 'reply', 'met', '2026-09-07', '2026-12-07'),
		('D-NEXT', 'followup', 'open', '2026-12-11', '2027-01-11'), ('D-NEXT', 'reply', 'met', '2026-09-07', '2026-12-07') $$,
	'while it is open, from where that would be by the present list; what it was when it was closed stays');

-- Also where another office gave the answer, by its own calendar.
call lwtest.register('D-MOVED', '2026-10-12 09:00', 'T-FEAST');
select count(*) as ignored from letterwatch.record_notice('D-MOVED'), letterwatch.record_reply('D-MOVED', 'progress') \gset
select count(*) as ignored from letterwatch.transfer_letter('D-MOVED', 'T-P-C-1', 'they are competent') \gset
select is((select start_on from letterwatch.deadline where letter_no = 'D-MOVED' and rule = 'followup'), '2027-01-12'::date, 'what follows goes along');
insert into letterwatch.calendar_list (calendar, year, version, source) values ('t-feast', 2027, 2, 'another feast');
insert into letterwatch.calendar_day (calendar, year, version, day, kind, holiday)
select 't-feast', 2027, 2, day, kind, holiday from letterwatch.calendar_day where calendar = 't-feast' and year = 2027 and version = 1
union all
select 't-feast', 2027, 2, '2027-01-12', 'off', 'feast';
set constraints all immediate;
call lwtest.redate();
select is((select start_on from letterwatch.deadline where letter_no = 'D-MOVED' and rule = 'followup'), '2027-01-13'::date,
	'and moves with the end of the answer, by the list of the office that gave it');
select is_empty($$ select * from letterwatch.verify() $$, 'nothing is amiss');

select * from finish();
rollback;
