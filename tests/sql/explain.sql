-- explain.sql -- why a last day is the day it is, what happened to a letter, what was entered late, and who changed which date:
-- explain_deadline, letter_history, late_entries, deadline_change, and that nobody can change any of it afterwards.
begin;
\ir include/helpers.psql
select no_plan();

grant usage on schema lwtest to public;
create role lwtest_admin in role letterwatch_admin;
create role lwtest_clerk in role letterwatch_clerk;
create role lwtest_reader in role letterwatch_reader;

-- Registers a letter at 09:30 of the day on which it comes.
create procedure lwtest.receive(letter_no text, received date, rule_set text default null)
	language plpgsql
	as $$
	begin
		call lwtest.set_clock(received || ' 09:30');
		perform letterwatch.register_letter('T-P-C-1', receive.letter_no, (received || ' 09:30+08')::timestamptz, rule_set => receive.rule_set);
	end $$;

-- Something is done with a letter, and recorded at once, by a person.
create procedure lwtest.act(at text, call text, person text default 'S-007')
	language plpgsql
	as $$
	begin
		call lwtest.set_clock(at);
		perform set_config('letterwatch.actor', person, true);
		execute 'select * from letterwatch.' || call;
		perform set_config('letterwatch.actor', '', true);
	end $$;

-- What one step of an explanation says.
create function lwtest.step(letter text, rule text, step text) returns text
	language sql
	as $$
	select string_agg(x.what, '; ' order by x.ordinality)
	from letterwatch.explain_deadline($1, $2) with ordinality x where x.step = $3
	$$;

-- ==== explain_deadline ===============================================================================================

call lwtest.receive('E-ROLL', '2024-09-24');
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-ROLL', 'notice') $$,
	$$ values
		('rule', null::date), ('start', '2024-09-24'), ('not counted', '2024-09-24'), ('nominal end', '2024-10-01'),
		('rolled over', '2024-10-01'), ('rolled over', '2024-10-02'), ('rolled over', '2024-10-03'), ('rolled over', '2024-10-04'),
		('rolled over', '2024-10-05'), ('rolled over', '2024-10-06'), ('rolled over', '2024-10-07'),
		('list', null), ('last day', '2024-10-08'), ('late from', '2024-10-09') $$,
	'7 days that end in the break of National Day: each day that is rolled over');
select is(lwtest.step('E-ROLL', 'notice', 'rolled over'), '国庆节; 国庆节; 国庆节; 国庆节; 国庆节; 国庆节; 国庆节',
	'each with the name of its holiday');
select matches(lwtest.step('E-ROLL', 'notice', 'rule'), '7 days.*人民检察院刑事诉讼规则.*刑事诉讼法 §105',
	'the rule is named with its basis');
select matches(lwtest.step('E-ROLL', 'notice', 'list'), 'cn.*2024.*version 1.*国务院办公厅关于2024年部分节假日安排的通知',
	'and the list with its version and source');
set local timezone = 'UTC';
select matches(lwtest.step('E-ROLL', 'notice', 'late from'), '2024-10-09 00:00',
	'the end of the last day is told in the office''s time, whatever the session''s zone');
reset timezone;

call lwtest.receive('E-29', '2023-11-29');
call lwtest.receive('E-30', '2023-11-30');
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-30', 'reply') $$,
	$$ values
		('rule', null::date), ('start', '2023-11-30'), ('not counted', '2023-11-30'), ('nominal end', '2024-02-29'),
		('list', null), ('list', null), ('last day', '2024-02-29'), ('late from', '2024-03-01') $$,
	'3 months from 30 November, into a leap year');
select matches(lwtest.step('E-30', 'reply', 'nominal end'), 'last day of the month', 'it says that the month has no 30th');
select doesnt_match(lwtest.step('E-29', 'reply', 'nominal end'), 'last day of the month', 'and does not say so where it has a 29th');

call lwtest.receive('E-WORK', '2026-02-07', 'procuratorate-workdays');
select lwtest.rows_are(
	$$ select step, day, case when step = 'not counted' and day > '2026-02-07' then what end
	   from letterwatch.explain_deadline('E-WORK', 'notice') $$,
	$$ values
		('rule', null::date, null), ('start', '2026-02-07', null), ('not counted', '2026-02-07', null),
		('not counted', '2026-02-08', 'Sunday'),
		('not counted', '2026-02-15', '春节'), ('not counted', '2026-02-16', '春节'), ('not counted', '2026-02-17', '春节'),
		('not counted', '2026-02-18', '春节'), ('not counted', '2026-02-19', '春节'), ('not counted', '2026-02-20', '春节'),
		('not counted', '2026-02-21', '春节'), ('not counted', '2026-02-22', '春节'), ('not counted', '2026-02-23', '春节'),
		('nominal end', '2026-02-24', null), ('list', null, null), ('last day', '2026-02-24', null), ('late from', '2026-02-25', null) $$,
	'7 working days: each day that is none of them, by name; the worked Saturday the 14th is one');

insert into letterwatch.rule_set (rule_set, title) values ('t-x', 'of a test');
insert into letterwatch.rule (rule_set, rule, basis, count_from, amount, unit, roll, responsible_unit, met_by, may_suspend, may_extend)
values
	('t-x', 'next_workday', 'of a test', 'next_workday', 10, 'day', true, 'petitions', '{result}', false, false),
	('t-x', 'same_day', 'of a test', 'same_day', 10, 'day', true, 'petitions', '{result}', false, false),
	('t-x', 'pausing', 'of a test', 'next_day', 30, 'day', true, 'petitions', '{result}', true, true),
	('t-x', 'pausing_work', 'of a test', 'next_day', 10, 'workday', true, 'petitions', '{result}', true, false);
call lwtest.receive('E-FROM', '2026-03-07', 't-x');
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-FROM', 'next_workday') where step in ('start', 'not counted', 'nominal end') $$,
	$$ values ('start', '2026-03-07'::date), ('not counted', '2026-03-07'), ('not counted', '2026-03-08'), ('nominal end', '2026-03-18') $$,
	'counted from the next working day: neither the day of receipt nor the Sunday after it counts');
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-FROM', 'same_day') where step in ('start', 'not counted', 'nominal end') $$,
	$$ values ('start', '2026-03-07'::date), ('nominal end', '2026-03-16') $$,
	'counted from the day itself: no day is left out');

call lwtest.receive('E-PAUSE', '2026-03-02', 't-x');
call lwtest.act('2026-03-04 10:00', $$suspend_letter('E-PAUSE', 'a hearing')$$);
select is_empty($$ select from letterwatch.explain_deadline('E-PAUSE', 'pausing') where step in ('last day', 'late from') $$,
	'while it is suspended there is no last day to explain');
select matches(lwtest.step('E-PAUSE', 'pausing', 'paused'), 'no last day', 'but the pause');
call lwtest.act('2026-03-11 10:00', $$resume_letter('E-PAUSE')$$);
call lwtest.act('2026-03-12 10:00', $$extend_deadline('E-PAUSE', 'pausing', '2026-05-02', 'H-1', 'complex', '2026-03-12 09:00+08')$$);
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-PAUSE', 'pausing') $$,
	$$ values
		('rule', null::date), ('start', '2026-03-02'), ('not counted', '2026-03-02'), ('nominal end', '2026-04-01'),
		('paused', '2026-03-04'), ('end moved', '2026-04-08'), ('extended', '2026-05-02'),
		('rolled over', '2026-05-02'), ('rolled over', '2026-05-03'), ('rolled over', '2026-05-04'), ('rolled over', '2026-05-05'),
		('list', null), ('last day', '2026-05-06'), ('late from', '2026-05-07') $$,
	'a pause of seven days, an extension into Labour Day, the roll out of it');
select matches(lwtest.step('E-PAUSE', 'pausing', 'paused'), '2026-03-10.*7 days', 'the pause: its last day and its length');
select matches(lwtest.step('E-PAUSE', 'pausing', 'extended'), 'H-1', 'the extension: who approved it');
-- 10 working days end on 16 March; of the pause's seven days five are working days; each day in between stands there once.
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-PAUSE', 'pausing_work') where step in ('nominal end', 'end moved', 'last day') $$,
	$$ values ('nominal end', '2026-03-16'::date), ('end moved', '2026-03-23'), ('last day', '2026-03-23') $$,
	'the pause of a period of working days');
select matches(lwtest.step('E-PAUSE', 'pausing_work', 'paused'), '7 days, 5 of them working days', 'how many of them count there is said');

call lwtest.receive('E-AGAIN', '2026-03-02');
call lwtest.act('2026-03-04 10:00', $$record_notice('E-AGAIN', outcome => 'incomplete')$$);
call lwtest.act('2026-03-12 10:00', $$restart_letter('E-AGAIN', 'material complete')$$);
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-AGAIN', 'reply')
	   where step in ('start', 'not counted', 'nominal end', 'last day') $$,
	$$ values ('start', '2026-03-12'::date), ('not counted', '2026-03-12'), ('nominal end', '2026-06-12'), ('last day', '2026-06-12') $$,
	'a reply that has started again');
select matches(lwtest.step('E-AGAIN', 'reply', 'start'), 'restart', 'it says by what');
select matches(lwtest.step('E-AGAIN', 'notice', 'met'), 'notice incomplete.*2026-03-04', 'what met a deadline, and when it was recorded');
call lwtest.act('2026-03-16 10:00', $$transfer_letter('E-AGAIN', 'T-P-C-2')$$);
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('E-AGAIN', 'notice') where step in ('start', 'last day', 'met') $$,
	$$ values ('start', '2026-03-16'::date), ('last day', '2026-03-23') $$,
	'of several deadlines of one rule the last is explained: the notice of the second office');
select matches(lwtest.step('E-AGAIN', 'notice', 'start'), 'transfer', 'which begins with the transfer');

call lwtest.receive('E-NEXT', '2026-11-30');
select results_eq(
	$$ select what from letterwatch.explain_deadline('E-NEXT', 'reply') where step = 'list' and what ~ 'not loaded' $$,
	$$ values ('calendar cn, 2027 is not loaded') $$, 'which list is missing is said');
select is((select day from letterwatch.explain_deadline('E-NEXT', 'reply') where step = 'last day'), '2027-03-01'::date,
	'a period into a year without a list');
select matches(lwtest.step('E-NEXT', 'reply', 'last day'), 'provisional', 'is said to be provisional');
select doesnt_match(lwtest.step('E-NEXT', 'notice', 'last day'), 'provisional', 'and one before it is not');

call lwtest.set_clock('2026-12-20 10:00');
call lwtest.register('E-LATE', '2026-11-02 10:00');
select is((select day from letterwatch.explain_deadline('E-LATE', 'notice') where step = 'recorded'), '2026-12-20'::date,
	'registered after its end: when that was');
select is((select day from letterwatch.explain_deadline('E-LATE', 'notice') where step = 'last day'), '2026-11-09'::date,
	'its last day is what it is');
select is((select count(*)::int from letterwatch.explain_deadline('E-LATE', 'reply') where step = 'recorded'), 0,
	'not so where it has not ended');

call lwtest.receive('E-DEMO', '2026-03-02', 'demo');
select matches(lwtest.step('E-DEMO', 'notice', 'last day'), '09:30:40', 'of a period of seconds it says the moment');

select lwtest.refused($$ select * from letterwatch.explain_deadline('E-404', 'notice') $$, 'letter E-404', 'explaining an unknown letter');
select lwtest.refused($$ select * from letterwatch.explain_deadline('E-30', 'no_such') $$, 'rule no_such', 'explaining an unknown rule');
select lwtest.refused($$ select * from letterwatch.explain_deadline('E-30', 'followup') $$, 'rule followup',
	'explaining what the letter does not owe');

-- ==== letter_history =================================================================================================

call lwtest.act('2026-03-02 10:00', $$register_letter('T-P-C-1', 'H-1', '2026-03-02 09:30+08')$$);
call lwtest.sweep('2026-03-05 09:00');
call lwtest.sweep('2026-03-06 09:00');
call lwtest.sweep('2026-03-09 09:00');
call lwtest.sweep('2026-03-10 00:00');
call lwtest.act('2026-03-10 10:00', $$record_notice('H-1', 'S-9', '2026-03-09 10:00+08', 'phone')$$, 'S-008');
call lwtest.act('2026-03-11 10:00', $$record_reply('H-1', 'progress')$$);
select max(event_id) as mistaken from letterwatch.letter_event \gset
call lwtest.act('2026-03-12 10:00', format('void_event(%s, %L)', :mistaken, 'meant for another letter'));
call lwtest.act('2026-03-13 10:00', $$correct_letter('H-1', 'stamp misread', '2026-02-27')$$);
create view lwtest.history as
	select to_char(h.at at time zone 'Asia/Shanghai', 'MM-DD HH24:MI') as at, h.what, h.by, h.detail, h.ordinality
	from letterwatch.letter_history('H-1') with ordinality h;
select lwtest.rows_are(
	$$ select at, what, by from lwtest.history order by ordinality $$,
	$$ values
		('03-02 10:00', 'registered', 'S-007'),
		('03-05 09:00', 'notice warn', null),
		('03-06 09:00', 'notice warn', null),
		('03-07 00:00', 'notice ends', null), -- counted from 27 February, as corrected
		('03-09 09:00', 'notice due', null),
		('03-09 10:00', 'notice accepted', 'S-008'),
		('03-10 00:00', 'notice overdue', null),
		('03-11 10:00', 'progress', 'S-007'),
		('03-12 10:00', 'void', 'S-007'),
		('03-12 10:00', 'followup without a date', 'S-007'),
		('03-13 10:00', 'correct', 'S-007'),
		('03-13 10:00', 'notice dated anew', 'S-007'),
		('03-13 10:00', 'reply dated anew', 'S-007'),
		('05-28 00:00', 'reply ends', null) $$,
	'events, alerts, changes of dates and ends of periods stand in one line of time, with who recorded them');
set local timezone = 'Asia/Shanghai'; -- the times in detail are the session's, like those of its column at
select matches(
	(select detail from lwtest.history where what = v.what order by ordinality limit 1),
	v.says,
	format('%s: %s', v.what, v.description))
from (values
	('registered', '2026-03-02.*post.*T-P-C-1', 'the day, the channel, the office'),
	('notice accepted', 'recorded 2026-03-10.*S-9.*phone', 'when it was recorded, if that was later, the handler, the channel'),
	('progress', format('event %s, made void by event', :mistaken), 'that it is void'),
	('void', format('of event %s', :mistaken), 'which event it makes void'),
	('notice dated anew', '2026-03-09.*2026-03-06.*correct', 'the old day, the new one, and why'),
	('followup without a date', '^from 2026-07-02: ', 'what went away with the void progress'),
	('correct', 'received on 2026-02-27', 'the corrected day'),
	('notice ends', '2026-03-06.*T-P-C-1.*met on 2026-03-09, late', 'how it ended'),
	('reply ends', '2026-05-27.*open', 'that it is open'),
	('notice overdue', 'alert [0-9a-f-]{36}.*T-P-C-1.*petitions.*2026-03-09', 'the alert, whom it went to, and the day it named')
) v (what, says, description);
reset timezone;
select lwtest.refused($$ select * from letterwatch.letter_history('H-404') $$, 'no letter H-404', 'the history of an unknown letter');

-- The function asks who has logged in, not which role is set.
set session authorization lwtest_reader;
select count(*) as reader_sees, count(*) filter (where h.detail ~ 'another letter|misread') as reader_reasons
from letterwatch.letter_history('H-1') h \gset
set session authorization lwtest_clerk;
select count(*) filter (where h.detail ~ 'another letter|misread') as clerk_reasons from letterwatch.letter_history('H-1') h \gset
set session authorization lwtest_admin;
select count(*) filter (where h.detail ~ 'another letter|misread') as admin_reasons from letterwatch.letter_history('H-1') h \gset
reset session authorization;
select is(:reader_sees, 14, 'a reader sees the whole history');
select is(:reader_reasons, 0, 'but no reason');
select is(array[:clerk_reasons, :admin_reasons], '{2,2}'::int[], 'clerks and administrators read the reasons');

-- ==== late_entries ===================================================================================================

create procedure lwtest.letters(letters text[])
	language plpgsql
	as $$
	begin
		for n in 1 .. cardinality(letters) loop
			call lwtest.receive(letters[n], '2026-03-02');
		end loop;
	end $$;
call lwtest.letters('{L-TIME,L-BACK,L-AFTER,L-GONE,L-MOVED}'); -- notices due on 9 March
call lwtest.act('2026-03-09 23:00', $$record_notice('L-TIME', at => '2026-03-06 10:00+08')$$);
call lwtest.act('2026-03-11 10:00', $$record_notice('L-BACK', at => '2026-03-09 10:00+08')$$, 'S-BACK');
call lwtest.act('2026-03-11 10:01', $$record_notice('L-AFTER', at => '2026-03-10 10:00+08')$$);
call lwtest.act('2026-03-11 10:02', $$withdraw_letter('L-GONE', 'the writer asks', '2026-03-06 10:00+08')$$);
call lwtest.act('2026-03-11 10:03', $$correct_letter('L-MOVED', 'stamp misread', '2026-03-05')$$);
select lwtest.rows_are(
	$$ select office_code, office_name, letter_no, rule, due_on, kind, dated, recorded_by, days_after, new_due_on
	   from letterwatch.late_entries where letter_no like 'L-%' order by recorded_at $$,
	$$ values
		('T-P-C-1', 'test county office', 'L-BACK', 'notice', '2026-03-09'::date, 'notice', '2026-03-09'::date, 'S-BACK', 2, null::date),
		('T-P-C-1', 'test county office', 'L-GONE', 'notice', '2026-03-09', 'withdraw', '2026-03-06', 'S-007', 2, null),
		('T-P-C-1', 'test county office', 'L-MOVED', 'notice', '2026-03-09', 'correct', null, 'S-007', 2, '2026-03-12') $$,
	'what was entered after the last day and dated before it, or moved it away, is shown, with who entered it; an honest late notice is not');

-- ==== who changed which date, when and why ===========================================================================

create view lwtest.changes as
	select letter_no, rule, old_due, new_due, why, changed_by, session_role,
	       to_char(changed_at at time zone 'Asia/Shanghai', 'MM-DD HH24:MI') as at
	from letterwatch.deadline_change;
create procedure lwtest.letters_of(prefix text, rule_set text)
	language plpgsql
	as $$
	begin
		call lwtest.receive(prefix || '-1', '2026-05-11', rule_set);
		call lwtest.receive(prefix || '-2', '2026-05-11', rule_set);
	end $$;

-- By an event, behind a shared login and without a name.
call lwtest.letters_of('A-EVENT', 'procuratorate');
set session authorization lwtest_clerk;
set letterwatch.actor = 'S-7';
set lwtest.now = '2026-05-13 10:00+08';
select count(*) as ignored from letterwatch.correct_letter('A-EVENT-1', 'stamp misread', '2026-05-10') \gset
reset letterwatch.actor;
select count(*) as ignored from letterwatch.correct_letter('A-EVENT-2', 'stamp misread', '2026-05-10') \gset
reset session authorization;
select lwtest.rows_are(
	$$ select * from lwtest.changes where letter_no like 'A-EVENT-%' order by letter_no $$,
	$$ values
		('A-EVENT-1', 'reply', '2026-08-11'::date, '2026-08-10'::date, 'correct', 'S-7', 'lwtest_clerk', '05-13 10:00'),
		('A-EVENT-2', 'reply', '2026-08-11', '2026-08-10', 'correct', 'lwtest_clerk', 'lwtest_clerk', '05-13 10:00') $$,
	'a date changed by an event: who, by which login, when, why, old and new');

-- By a list, a rule, an office: the administrator's doing, whoever the daemon runs as.
call lwtest.receive('A-LIST', '2026-05-11');
call lwtest.receive('A-MET', '2026-05-11');
call lwtest.receive('A-CLERK', '2026-05-11');
call lwtest.act('2026-05-15 10:00', $$record_notice('A-MET')$$);
create procedure lwtest.import_2026(also_off date[])
	language plpgsql
	as $$
	begin
		insert into letterwatch.calendar_import (day, kind, holiday)
		select day::text, kind, holiday from letterwatch.calendar_day where calendar = 'cn' and year = 2026 and version = 1
		union all
		select day::text, 'off', 'invented' from unnest(also_off) day;
		perform letterwatch.import_calendar('cn', 2026, 'invented for a test');
	end $$;
set session authorization lwtest_admin;
set letterwatch.actor = 'A-1';
set lwtest.now = '2026-05-15 15:00+08';
call lwtest.import_2026('{2026-05-18}');
reset session authorization;
reset letterwatch.actor;
call lwtest.redate();
select lwtest.rows_are(
	$$ select letter_no, rule, old_due, new_due, why ~ 'calendar', changed_by, session_role, at
	   from lwtest.changes where letter_no = 'A-LIST' $$,
	$$ values ('A-LIST', 'notice', '2026-05-18'::date, '2026-05-19'::date, true, 'A-1', 'lwtest_admin', '05-15 15:00') $$,
	'a date changed by a list of holidays: the administrator who imported it');
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('A-MET', 'notice') where step in ('nominal end', 'last day', 'met', 'by now') $$,
	$$ values ('nominal end', '2026-05-18'::date), ('last day', '2026-05-18'), ('met', '2026-05-15'), ('by now', '2026-05-19') $$,
	'a notice sent before that list came is explained by the list it was judged by, with what the present one would say');
select matches(lwtest.step('A-MET', 'notice', 'list'), 'version 1', 'that list is named');
select matches(lwtest.step('A-LIST', 'notice', 'list'), 'version 2', 'what is open is explained by the present one');
select matches(lwtest.step('A-LIST', 'notice', 'rolled over'), 'invented', 'with its holiday');

insert into letterwatch.office (office_code, name, parent_code) values ('T-OWN', 'office that changes', 'T');
call lwtest.receive('A-RULE', '2026-05-11', 't-x');
call lwtest.set_clock('2026-05-15 15:30');
-- Their seven days end on Sunday the 17th, and roll to Tuesday.
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('A-OFFICE', 'T-OWN', '2026-05-10'), ('A-OFFICE-MET', 'T-OWN', '2026-05-10');
call lwtest.act('2026-05-15 15:45', $$record_notice('A-OFFICE-MET')$$);
set session authorization lwtest_admin;
set letterwatch.actor = 'A-2';
set lwtest.now = '2026-05-15 16:00+08';
update letterwatch.rule set amount = 11 where rule_set = 't-x' and rule = 'same_day';
update letterwatch.office set calendar = 'everyday' where office_code = 'T-OWN';
reset session authorization;
reset letterwatch.actor;
call lwtest.redate();
select lwtest.rows_are(
	$$ select letter_no, rule, old_due, new_due, substring(why from 'rule|office'), changed_by, session_role, at
	   from lwtest.changes where letter_no in ('A-OFFICE', 'A-RULE') and rule in ('notice', 'same_day') order by 1 $$,
	$$ values
		('A-OFFICE', 'notice', '2026-05-19'::date, '2026-05-17'::date, 'office', 'A-2', 'lwtest_admin', '05-15 16:00'),
		('A-RULE', 'same_day', '2026-05-20', '2026-05-21', 'rule', 'A-2', 'lwtest_admin', '05-15 16:00') $$,
	'a date changed by a rule, or by an office''s settings: the administrator who changed them');
select lwtest.rows_are(
	$$ select step, day from letterwatch.explain_deadline('A-OFFICE-MET', 'notice') where step in ('last day', 'by now') $$,
	$$ values ('last day', '2026-05-19'::date), ('by now', '2026-05-17') $$,
	'what was closed before the office had those settings keeps the calendar it was judged by');

-- A list comes after the last day has passed; before the daemon has re-dated anything a clerk assigns one letter, and
-- an alert of the other comes due.
call lwtest.sweep('2026-05-19 09:00');
set session authorization lwtest_admin;
set letterwatch.actor = 'A-3';
set lwtest.now = '2026-05-20 10:00+08';
call lwtest.import_2026('{2026-05-18,2026-05-19}');
reset session authorization;
reset letterwatch.actor;
call lwtest.act('2026-05-20 10:05', $$assign_letter('A-CLERK', 'case')$$);
call lwtest.sweep('2026-05-20 10:10');
call lwtest.redate();
select lwtest.rows_are(
	$$ select letter_no, old_due, new_due, changed_by, session_role from lwtest.changes
	   where letter_no in ('A-CLERK', 'A-LIST') and new_due = '2026-05-20' order by 1 $$,
	$$ values
		('A-CLERK', '2026-05-19'::date, '2026-05-20'::date, 'A-3', 'lwtest_admin'),
		('A-LIST', '2026-05-19', '2026-05-20', 'A-3', 'lwtest_admin') $$,
	'what a list has changed is the administrator''s doing also where a clerk''s event or a due alert comes before the re-dating');
select is_empty($$ select * from letterwatch.late_entries where letter_no = 'A-CLERK' $$,
	'and a clerk who only assigned it has entered nothing late');

-- ==== nobody changes it afterwards ===================================================================================

-- The SQLSTATE with which a call is refused to a role; what goes through is taken back.
create function lwtest.state_as(as_role text, call text) returns text
	language plpgsql
	as $$
	declare
		state text;
	begin
		perform set_config('role', as_role, true);
		state := coalesce((lwtest.refusal(call)).state, 'done');
		raise exception 'take it back';
	exception when raise_exception then
		return state;
	end $$;
create function lwtest.attempts(as_role text) returns table (attempt text, state text)
	language sql
	as $$
	select c.call, lwtest.state_as(as_role, c.call)
	from unnest('{deadline_change,letter_event,letter,alert,alert_sent,calendar_list,calendar_day,rule_past,
	              office_setting_past}'::text[]) t (name)
	join pg_attribute a on a.attrelid = ('letterwatch.' || t.name)::regclass and a.attnum = 1
	cross join lateral (values
		(format('update letterwatch.%I set %I = %2$I', t.name, a.attname)),
		(format('delete from letterwatch.%I', t.name)),
		(format('truncate letterwatch.%I cascade', t.name))) c (call)
	$$;
select ok((select count(*) from letterwatch.rule_past) > 0 and (select count(*) from letterwatch.office_setting_past) > 0
          and (select count(*) from letterwatch.alert_sent) > 0, 'there is something in all of it');
select is_empty($$ select * from lwtest.attempts('none') where state <> 'LW003' $$,
	'the owner cannot change, delete or truncate what is append-only');
select is_empty(
	$$ select a.*
	   from unnest('{letterwatch_admin,letterwatch_clerk,letterwatch_reader,letterwatch_intake,letterwatch_daemon}'::text[]) r (role),
	        lwtest.attempts(r.role) a where a.state not in ('LW003', '42501') $$,
	'nor can the administrator, nor anybody else');
select is(lwtest.state_as(role, call), '42501', format('%s cannot %s', role, what))
from (values
	('lwtest_clerk', 'say when something was recorded',
	 $$ insert into letterwatch.letter_event (letter_no, kind, unit, recorded_at) values ('A-LIST', 'assign', 'case', '2026-05-12') $$),
	('lwtest_clerk', 'record in another''s name',
	 $$ insert into letterwatch.letter_event (letter_no, kind, unit, recorded_by) values ('A-LIST', 'assign', 'case', 'S-8') $$),
	('lwtest_admin', 'write a change of a date',
	 $$ insert into letterwatch.deadline_change (letter_no, rule, since, why) values ('A-LIST', 'notice', 0, 'nothing') $$),
	('lwtest_admin', 'write an earlier value of a rule',
	 $$ insert into letterwatch.rule_past select r.*, now() from letterwatch.rule r limit 1 $$),
	('lwtest_admin', 'import a list in another''s name',
	 $$ insert into letterwatch.calendar_list (calendar, year, version, source, recorded_by) values ('cn', 2026, 9, 'x', 'A-9') $$)
) v (role, what, call);

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');
select * from finish();
rollback;
