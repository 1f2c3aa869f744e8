-- told.sql -- what was told stays told, and what was not is: stages, rules and last days change while deadlines are told of, are closed,
-- or have gone, and a number comes to stand for another stage.
begin;
\ir include/helpers.psql
select no_plan();

create function lwtest.told_of(letter text) returns table (at text, stage text, due text, covers int)
	language sql
	as $$
	select t.at, t.stage, t.fields->>'due', coalesce((t.fields->>'covers')::int, 1)
	from lwtest.told t
	where t.letter = told_of.letter
	order by t.n
	$$;

insert into letterwatch.rule_set (rule_set, title) values ('t', 'six stages'), ('t-other', 'another rule'), ('t-second', 'seconds');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
values ('t', 'notice', 'test', 'receipt', 7, 'day', true, 'petitions', '{notice}'),
       ('t-other', 'reply', 'test', 'receipt', 70, 'day', true, 'petitions', '{notice}'),
       ('t-second', 'notice', 'test', 'receipt', 7 * 86400 + 4 * 3600, 'second', false, 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, severity)
values ('t', 'notice', 1, 'warn', -2, null, 5), ('t', 'notice', 2, 'warn', -1, null, 5), ('t', 'notice', 3, 'due', 0, null, 4),
       ('t', 'notice', 4, 'overdue', null, 0, 3), ('t', 'notice', 5, 'remind', 1, null, 4), ('t', 'notice', 6, 'escalate', 2, null, 3),
       ('t-second', 'notice', 1, 'warn', null, -7200, 5), ('t-second', 'notice', 2, 'due', null, -1800, 4),
       ('t-second', 'notice', 3, 'overdue', null, 0, 3), ('t-second', 'notice', 4, 'remind', null, 3600, 4);

-- ---- the first stages are done away with ----------------------------------------------------------------------------------

-- Monday 1 June to Monday the 8th: warned on Thursday and Friday.
call lwtest.set_clock('2026-06-01 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
select 'S-' || x, 'T-P-C-1', '2026-06-01', 't' from unnest(array['OPEN', 'CLOSED', 'MOVED', 'GONE']) x;
call lwtest.set_clock('2026-06-02 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('S-PAST', 'T-P-C-1', '2026-06-02', 't');
call lwtest.walk('2026-06-04', '2026-06-05');
call lwtest.set_clock('2026-06-05 10:00:00');
select count(*) as ignored from letterwatch.correct_letter('S-MOVED', 'a slip', received_on => '2026-06-05') \gset
select count(*) as ignored from letterwatch.correct_letter('S-GONE', 'a slip', rule_set => 't-other') \gset
call lwtest.walk('2026-06-06', '2026-06-08');
call lwtest.set_clock('2026-06-08 10:00:00');
select count(*) as ignored from letterwatch.record_notice('S-CLOSED', 'accepted') \gset
call lwtest.sweep();
call lwtest.set_clock('2026-06-08 10:59:59');
select count(*) as ignored from letterwatch.correct_letter('S-PAST', 'a slip', received_on => '2026-06-01') \gset

call lwtest.set_clock('2026-06-08 11:00:00');
set constraints all deferred;
delete from letterwatch.stage where rule_set = 't' and stage = 'warn';
update letterwatch.stage set stage_no = stage_no + 100 where rule_set = 't';
update letterwatch.stage set stage_no = stage_no - 102 where rule_set = 't';
set constraints all immediate;
call lwtest.redate();

call lwtest.set_clock('2026-06-08 12:00:00');
select count(*) as ignored
from letterwatch.letter_event e, letterwatch.void_event(e.event_id, 'a slip')
where e.letter_no = 'S-CLOSED' and e.kind = 'notice' \gset
call lwtest.walk('2026-06-09', '2026-06-09');
call lwtest.set_clock('2026-06-09 10:00:00');
select count(*) as ignored from letterwatch.correct_letter('S-MOVED', 'no slip', received_on => '2026-06-01') \gset
select count(*) as ignored from letterwatch.correct_letter('S-GONE', 'no slip', rule_set => 't') \gset
call lwtest.sweep();
call lwtest.walk('2026-06-10', '2026-06-11');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-OPEN') $$,
	$$ values
		('2026-06-04 09:00:00', 'warn', '2026-06-08', 1), ('2026-06-05 09:00:00', 'warn', '2026-06-08', 1),
		('2026-06-08 09:00:00', 'due', '2026-06-08', 1), ('2026-06-09 00:00:00', 'overdue', '2026-06-08', 1),
		('2026-06-09 09:00:00', 'remind', '2026-06-08', 1), ('2026-06-10 09:00:00', 'escalate', '2026-06-08', 1) $$,
	'what is told is told on, by the stages that are left');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-CLOSED') $$, $$ select * from lwtest.told_of('S-OPEN') $$,
	'so it is of one that was closed while they changed, and is open again');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-PAST') $$,
	$$ values
		('2026-06-05 09:00:00', 'warn', '2026-06-09', 1), ('2026-06-08 09:00:00', 'warn', '2026-06-09', 1),
		('2026-06-09 00:00:00', 'overdue', '2026-06-08', 2),
		('2026-06-09 09:00:00', 'remind', '2026-06-08', 1), ('2026-06-10 09:00:00', 'escalate', '2026-06-08', 1) $$,
	'of one whose last day was put forward just before, what was never told is told at once');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-MOVED') $$,
	$$ values
		('2026-06-04 09:00:00', 'warn', '2026-06-08', 1), ('2026-06-05 09:00:00', 'warn', '2026-06-08', 1),
		('2026-06-09 10:00:00', 'remind', '2026-06-08', 3), ('2026-06-10 09:00:00', 'escalate', '2026-06-08', 1) $$,
	'of one whose last day comes back, what was never told is told at once');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-GONE') $$, $$ select * from lwtest.told_of('S-MOVED') $$,
	'so it is of one that was not owed meanwhile');

-- ---- a stage that there was no room for ---------------------------------------------------------------------------------------

-- From Wednesday 30 September on there is no room before the holidays of October; from the day before there is.
call lwtest.set_clock('2026-09-30 08:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('S-ROOM', 'T-P-C-1', '2026-09-30'), ('S-TWIN', 'T-P-C-1', '2026-09-29');
call lwtest.set_clock('2026-09-30 08:30:00');
select count(*) as ignored from letterwatch.correct_letter('S-ROOM', 'a slip', received_on => '2026-09-29') \gset
call lwtest.walk('2026-09-30', '2026-10-09');
select isnt_empty($$ select * from lwtest.told_of('S-TWIN') where at = '2026-09-30 09:00:00' $$, 'there is room for a warning');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-ROOM') $$, $$ select * from lwtest.told_of('S-TWIN') $$,
	'it comes although there was no room for it at first, by a wrong day of receipt');

-- ---- rules that count seconds -------------------------------------------------------------------------------------------------

-- Told of up to `due`, by working days; then it turns out that the period ends at 14:00 that day.
call lwtest.set_clock('2026-06-15 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_at, rule_set) values ('S-SECOND', 'T-P-C-1', '2026-06-15 10:00+08', 't');
call lwtest.walk('2026-06-18', '2026-06-22');
call lwtest.set_clock('2026-06-22 10:00:00');
select count(*) as ignored from letterwatch.correct_letter('S-SECOND', 'a slip', rule_set => 't-second') \gset
call lwtest.sweep('2026-06-22 12:00:00');
call lwtest.sweep('2026-06-22 13:30:00');
call lwtest.sweep('2026-06-22 14:00:00');
call lwtest.sweep('2026-06-22 15:00:00');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-SECOND') $$,
	$$ values
		('2026-06-22 09:00:00', 'due', '2026-06-22', 1),
		('2026-06-22 12:00:00', 'warn', '2026-06-22', 1), ('2026-06-22 13:30:00', 'due', '2026-06-22', 1),
		('2026-06-22 14:00:00', 'overdue', '2026-06-22', 1), ('2026-06-22 15:00:00', 'remind', '2026-06-22', 1) $$,
	'what was told by working days is nothing to rules that count seconds');

-- The same by way of a rule under which no notice is owed.
call lwtest.set_clock('2026-06-15 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_at, rule_set) values ('S-AROUND', 'T-P-C-1', '2026-06-15 10:00+08', 't');
call lwtest.walk('2026-06-18', '2026-06-22');
call lwtest.set_clock('2026-06-22 09:30:00');
select count(*) as ignored from letterwatch.correct_letter('S-AROUND', 'a slip', rule_set => 't-other') \gset
call lwtest.set_clock('2026-06-22 13:40:00');
select count(*) as ignored from letterwatch.correct_letter('S-AROUND', 'no slip', rule_set => 't-second') \gset
call lwtest.sweep('2026-06-22 14:00:00');
select lwtest.rows_are(
	$$ select stage, covers from lwtest.told_of('S-AROUND') where at > '2026-06-22 09:00:00' $$,
	$$ values ('overdue', 3) $$,
	'so it is where it was not owed meanwhile');

select is(
	(select array[state, message] from lwtest.refusal($$
		update letterwatch.rule set amount = 8 * 86400, unit = 'second' where rule_set = 't';
		set constraints all immediate $$)),
	array['LW001', 'the stages of rule t / notice are not in order'],
	'a rule cannot come to count seconds while its stages count days');
set constraints all deferred;
select is(
	(select array[state, message] from lwtest.refusal($$
		delete from letterwatch.stage where rule_set = 't';
		insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('t', 'notice', 1, 'overdue', 0, 3);
		update letterwatch.rule set amount = 8 * 86400, unit = 'second' where rule_set = 't';
		set constraints all immediate $$)),
	array['LW003', 'rule t / notice would count seconds where it counts days, or the other way round'],
	'nor with stages that do, while letters are told of by it');
set constraints all immediate;

-- ---- ahead again, for a date for which it was silent -------------------------------------------------------------------------

-- Warned of Monday 8 June on Thursday and Friday; on Friday the last day becomes Tuesday, for which the warning of Friday morning is
-- past; then it turns out that the letter belongs to an office in the west, where that morning has not come yet.
insert into letterwatch.office (office_code, name, parent_code, time_zone) values ('T-WEST', 'office in the west', 'T-P', 'Asia/Urumqi');
call lwtest.set_clock('2026-06-01 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('S-SILENT', 'T-P-C-1', '2026-06-01'), ('S-WEST', 'T-P-C-1', '2026-06-01');
call lwtest.walk('2026-06-04', '2026-06-05');
call lwtest.set_clock('2026-06-05 10:00:00');
select count(*) as ignored from letterwatch.correct_letter('S-SILENT', 'a slip', received_on => '2026-06-02') \gset
select count(*) as ignored from letterwatch.correct_letter('S-WEST', 'a slip', office_code => 'T-WEST') \gset
call lwtest.sweep();
call lwtest.set_clock('2026-06-05 10:30:00');
select count(*) as ignored from letterwatch.correct_letter('S-SILENT', 'a slip', office_code => 'T-WEST') \gset
select count(*) as ignored from letterwatch.correct_letter('S-WEST', 'a slip', received_on => '2026-06-02') \gset
call lwtest.sweep('2026-06-05 11:00:00');
select lwtest.rows_are(
	$$ select at, stage, due from lwtest.told_of('S-SILENT') where at >= '2026-06-05 10:00:00' $$,
	$$ values ('2026-06-05 11:00:00', 'warn', '2026-06-09') $$,
	'what becomes ahead again is told when it comes');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-SILENT') $$, $$ select * from lwtest.told_of('S-WEST') $$,
	'whichever was known first');

-- ---- two stages at one time, under two sets of rules ----------------------------------------------------------------------------

-- Thursday 9:00 is two working days before Monday; where Friday is a day off, and the first warning comes a day before, it is that one.
insert into letterwatch.calendar (calendar, title, parent, weekend, needs_list) values ('t-gulf', 'Friday off', null, '{5,6,7}', false);
insert into letterwatch.office (office_code, name, parent_code, calendar) values ('T-GULF', 'office with Fridays off', 'T-P', 't-gulf');
insert into letterwatch.rule_set (rule_set, title) values ('t-late', 'one warning');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
values ('t-late', 'notice', 'test', 'receipt', 7, 'day', true, 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, severity)
values ('t-late', 'notice', 1, 'warn', -1, null, 5), ('t-late', 'notice', 2, 'overdue', null, 0, 3);
call lwtest.set_clock('2026-06-01 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on) values ('S-SAME', 'T-P-C-1', '2026-06-01');
call lwtest.sweep('2026-06-04 09:00:00');
call lwtest.set_clock('2026-06-04 09:30:00');
select count(*) as ignored from letterwatch.correct_letter('S-SAME', 'a slip', office_code => 'T-GULF', rule_set => 't-late') \gset
call lwtest.sweep();
select lwtest.rows_are(
	$$ select at, stage, covers from lwtest.told_of('S-SAME') $$,
	$$ values ('2026-06-04 09:00:00', 'warn', 1), ('2026-06-04 09:30:00', 'warn', 1) $$,
	'both are told');

-- ---- stages that the present rules do not have ------------------------------------------------------------------------------------

-- Told of all for Monday 8 June. Friday the 5th is the true last day: all of that is past, and silent. One of them passes through rules
-- with one warning.
insert into letterwatch.rule_set (rule_set, title) values ('t-warn', 'a warning only');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
values ('t-warn', 'notice', 'test', 'receipt', 7, 'day', true, 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, severity) values ('t-warn', 'notice', 1, 'warn', -1, 5);
call lwtest.set_clock('2026-06-01 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('S-ASIDE', 'T-P-C-1', '2026-06-01'), ('S-STRAIGHT', 'T-P-C-1', '2026-06-01');
call lwtest.walk('2026-06-04', '2026-06-12');
call lwtest.set_clock('2026-06-12 10:00:00');
select count(*) as ignored
from unnest(array['S-ASIDE', 'S-STRAIGHT']) x, letterwatch.correct_letter(x, 'a slip', received_on => '2026-05-29') \gset
call lwtest.sweep('2026-06-12 10:30:00');
select count(*) as ignored from letterwatch.correct_letter('S-ASIDE', 'another slip', rule_set => 't-warn') \gset
call lwtest.sweep('2026-06-12 11:00:00');
select count(*) as ignored from letterwatch.correct_letter('S-ASIDE', 'no slip', rule_set => 'procuratorate') \gset
call lwtest.walk('2026-06-13', '2026-06-16');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-ASIDE') $$, $$ select * from lwtest.told_of('S-STRAIGHT') $$,
	'what is silent stays so when rules with more stages come back');

-- The same by way of rules that count seconds, and with another last day then.
call lwtest.set_clock('2026-06-01 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('S-TICKS', 'T-P-C-1', '2026-06-01', 't'), ('S-DAYS', 'T-P-C-1', '2026-06-01', 't');
call lwtest.walk('2026-06-04', '2026-06-08');
call lwtest.sweep('2026-06-09 00:00:00');
call lwtest.set_clock('2026-06-09 10:00:00');
select count(*) as ignored from letterwatch.correct_letter('S-TICKS', 'a slip', rule_set => 't-second', received_on => '2026-06-05') \gset
select count(*) as ignored from letterwatch.correct_letter('S-TICKS', 'no slip', rule_set => 't', received_on => '2026-05-29') \gset
select count(*) as ignored from letterwatch.correct_letter('S-DAYS', 'no slip', received_on => '2026-05-29') \gset
call lwtest.sweep('2026-06-09 11:00:00');
select lwtest.rows_are(
	$$ select * from lwtest.told_of('S-TICKS') $$, $$ select * from lwtest.told_of('S-DAYS') $$,
	'nor is it told again when rules that count days come back');

-- Warned at an instant that turns out to be the end: the restart was recorded half a minute late.
call lwtest.set_clock('2026-06-22 10:00:00');
insert into letterwatch.letter (letter_no, office_code, received_at, rule_set)
select x, 'T-P-C-1', '2026-06-22 10:00+08', 'demo' from unnest(array['S-INSTANT', 'S-LATER']) x;
call lwtest.set_clock('2026-06-22 10:00:05');
select count(*) as ignored
from unnest(array['S-INSTANT', 'S-LATER']) x, letterwatch.record_notice(x, outcome => 'incomplete') \gset
call lwtest.set_clock('2026-06-22 10:00:35');
select count(*) as ignored from letterwatch.restart_letter('S-INSTANT', 'all is here') \gset
call lwtest.set_clock('2026-06-22 10:00:36');
select count(*) as ignored from letterwatch.restart_letter('S-LATER', 'all is here') \gset
call lwtest.sweep('2026-06-22 10:04:05');
call lwtest.sweep('2026-06-22 10:04:06');
call lwtest.set_clock('2026-06-22 10:04:08');
select count(*) as ignored
from letterwatch.letter_event e, letterwatch.void_event(e.event_id, 'a slip')
where e.letter_no in ('S-INSTANT', 'S-LATER') and e.kind = 'restart' \gset
select count(*) as ignored
from unnest(array['S-INSTANT', 'S-LATER']) x, letterwatch.restart_letter(x, 'all is here', at => '2026-06-22 10:00:05+08') \gset
call lwtest.sweep();
select lwtest.rows_are(
	$$ select letter, stage, fields->>'late_s' from lwtest.told where letter in ('S-INSTANT', 'S-LATER') and rule = 'reply' and at = '2026-06-22 10:04:08' order by 1 $$,
	$$ values ('S-INSTANT', 'overdue', '3'), ('S-LATER', 'overdue', '3') $$,
	'another stage at the very time of one that was told is told');

-- ---- late in the evening of the last day -------------------------------------------------------------------------------------------

insert into letterwatch.rule_set (rule_set, title) values ('t-day', 'the same day, within office hours');
insert into letterwatch.rule (rule_set, rule, basis, begins, count_from, amount, unit, roll, end_of_day, responsible_unit, met_by)
values ('t-day', 'notice', 'test', 'receipt', 'same_day', 1, 'day', true, '17:30', 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, severity)
values ('t-day', 'notice', 1, 'due', 0, null, 4), ('t-day', 'notice', 2, 'overdue', null, 0, 3);
call lwtest.set_clock('2026-06-22 18:00:00');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('S-EVENING', 'T-P-C-1', '2026-06-22', 't-day');
call lwtest.sweep();
select lwtest.rows_are(
	$$ select at, stage, fields->>'registered_late' from lwtest.told where letter = 'S-EVENING' $$,
	$$ values ('2026-06-22 18:00:00', 'overdue', 'true') $$,
	'what is registered when its period has ended is overdue from then on, also on the day of receipt');

select is_empty($$ select * from letterwatch.verify() $$, 'nothing is amiss');

-- ---- what verify() sees -------------------------------------------------------------------------------------------------------------

create function lwtest.seen(change text) returns text
	language plpgsql
	as $$
	declare
		seen text;
	begin
		execute change;
		seen := (select string_agg(distinct v.what, ', ' order by v.what) from letterwatch.verify() v);
		raise exception using errcode = 'LW999', message = coalesce(seen, 'nothing');
	exception when sqlstate 'LW999' then
		return sqlerrm;
	end $$;
select is(lwtest.seen($$ update letterwatch.deadline set stage_done = 20, next_event_at = null where letter_no = 'S-ROOM' and rule = 'reply' $$),
	'stage reply, told reply', 'what counts as dealt with, though it was never told');
select is(lwtest.seen($$ update letterwatch.deadline set reached = -5, stage_done = -5 where letter_no = 'S-DAYS' $$),
	'stage notice, told notice', 'what counts as not told, though it was');
select is(lwtest.seen($$ update letterwatch.stage_plan set units[1] = 'case' where rule_set = 't' $$),
	'stages t / notice', 'a plan that is not that of the stages');
select is(lwtest.seen($$ update letterwatch.office_setting set path = path[2:], level = level - 1 where office_code = 'T-P-C-1' $$),
	'office T-P-C-1', 'an office that is not where the tree has it');
select is(lwtest.seen($$ update letterwatch.calendar_date set workday = not workday where calendar = 'cn' and day = '2060-05-05' $$),
	'calendar cn', 'a day that is not what the list says');

select * from finish();
rollback;
