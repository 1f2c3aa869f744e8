-- calendar.sql -- lists of holidays: how they are loaded, what is wrong with them, and what they do to the dates and alerts of
-- letters that are open, and of letters that are closed. First two revisions of the State Council's, played back as they
-- happened, then an invented list of 2027.
begin;
\ir include/helpers.psql
select no_plan();

-- A span of days as \copy would put them, a line each.
create procedure lwtest.put(first_day date, last_day date, kind text, holiday text)
	language sql
	as $$
	insert into letterwatch.calendar_import (day, kind, holiday)
	select d::date::text, put.kind, put.holiday
	from generate_series(first_day, last_day, '1 day') d
	$$;

-- What was told of one deadline: month, day, time and stage of each line, and whether it came late.
create function lwtest.heard(letter text, rule text) returns text
	language sql
	as $$
	select string_agg(concat_ws(' ', substr(told.at, 6, 11), told.stage, case when told.fields ?| array['late_s', 'covers'] then 'late' end),
	                  ', ' order by told.n)
	from lwtest.told
	where told.letter = heard.letter and told.rule = heard.rule
	$$;

-- Registers a letter on the day on which it comes.
create procedure lwtest.receive(letter_no text, at text, office_code text)
	language plpgsql
	as $$
	begin
		call lwtest.set_clock(at);
		call lwtest.register(letter_no, at, office_code);
	end $$;

-- Something is done with a letter, and recorded at once.
create procedure lwtest.act(at text, call text)
	language plpgsql
	as $$
	begin
		call lwtest.set_clock(at);
		execute 'select * from letterwatch.' || call;
	end $$;

-- Makes void the event of that kind of a letter.
create procedure lwtest.void(at text, of_letter text, of_kind text)
	language plpgsql
	as $$
	declare
		event bigint := (select event_id from letterwatch.letter_event where letter_no = of_letter and kind = of_kind);
	begin
		call lwtest.act(at, format('void_event(%s, %L)', event, 'entered for the wrong letter'));
	end $$;

create view lwtest.due as
	select letter_no, rule, due_on, provisional, state
	from letterwatch.deadline;

-- ==== 22 March 2019: Labour Day becomes four days ====================================================================

call lwtest.set_clock('2018-12-06 10:00:00');
insert into letterwatch.calendar (calendar, title) values ('t-cn', 'the lists of 2019 and 2020 as they came');
insert into letterwatch.office (office_code, name, parent_code, calendar)
values ('T-H', 'test office of the playback', 'T', 't-cn');

create procedure lwtest.put_2019(labour_day_off date, labour_day_worked date[])
	language plpgsql
	as $$
	begin
		call lwtest.put('2018-12-29', '2018-12-29', 'work', '元旦');
		call lwtest.put('2018-12-30', '2019-01-01', 'off', '元旦');
		call lwtest.put('2019-02-02', '2019-02-03', 'work', '春节');
		call lwtest.put('2019-02-04', '2019-02-10', 'off', '春节');
		call lwtest.put('2019-04-05', '2019-04-07', 'off', '清明');
		call lwtest.put('2019-05-01', labour_day_off, 'off', '劳动节');
		for n in 1 .. cardinality(labour_day_worked) loop
			call lwtest.put(labour_day_worked[n], labour_day_worked[n], 'work', '劳动节');
		end loop;
	end $$;
call lwtest.put_2019('2019-05-01', '{}');
select lwtest.rows_are(
	$$ select * from letterwatch.import_calendar('t-cn', 2019, '国办发明电〔2018〕15号') $$,
	$$ values (1, 14::bigint, 3::bigint, '2018-12-29'::date, '2019-05-01'::date) $$,
	'an import says which version it is, how many days it holds, and from when to when');
call lwtest.sweep('2018-12-07 08:59:59');
call lwtest.sweep('2018-12-07 09:00:00');
select lwtest.rows_are(
	$$ select to_char(claimed_at at time zone 'Asia/Shanghai', 'HH24:MI'), fields->>'year', fields->>'deadlines', severity
	   from lwtest.line where fields->>'event' = 'calendar_gap' and fields->>'calendar' = 't-cn' $$,
	$$ values ('09:00', '2018', '0', 4) $$,
	'that the list of the year itself is missing is said the next morning, in December as in any month');

-- Replies in three months, around the break of May.
call lwtest.receive('C-428', '2019-01-28 09:30', 'T-H');
call lwtest.receive('C-501', '2019-02-01 09:30', 'T-H');
call lwtest.receive('C-MET', '2019-02-01 09:30', 'T-H');
call lwtest.receive('C-BACK', '2019-02-01 09:30', 'T-H');
call lwtest.receive('C-LATE', '2019-02-01 09:30', 'T-H');
call lwtest.receive('C-502', '2019-02-02 09:30', 'T-H');
call lwtest.receive('C-504', '2019-02-04 09:30', 'T-H');
call lwtest.receive('C-505', '2019-02-05 09:30', 'T-H');
call lwtest.receive('C-510', '2019-02-10 09:30', 'T-H');
call lwtest.set_clock('2019-02-10 16:00:00');
insert into letterwatch.letter_event (letter_no, kind, outcome, occurred_at)
select letter_no, 'notice', 'accepted', greatest(received_at, '2019-02-01 16:00+08')
from letterwatch.letter where office_code = 'T-H';
call lwtest.act('2019-03-15 10:00', $$record_reply('C-MET', 'result')$$);
call lwtest.act('2019-03-15 10:00', $$record_reply('C-BACK', 'result')$$);
call lwtest.act('2019-03-15 10:00', $$record_reply('C-LATE', 'result')$$);
select lwtest.rows_are(
	$$ select letter_no, due_on from lwtest.due where rule = 'reply' order by letter_no $$,
	$$ values
		('C-428', '2019-04-29'::date), -- the 28th is a Sunday
		('C-501', '2019-05-02'), ('C-502', '2019-05-02'),
		('C-504', '2019-05-06'), ('C-505', '2019-05-06'), -- Saturday and Sunday
		('C-510', '2019-05-10'),
		('C-BACK', '2019-05-02'), ('C-LATE', '2019-05-02'), ('C-MET', '2019-05-02') $$,
	'under the first list only 1 May is off');

call lwtest.set_clock('2019-03-22 15:00:00');
call lwtest.put_2019('2019-05-04', '{2019-04-28,2019-05-05}');
select version from letterwatch.import_calendar('t-cn', 2019, '国办发明电〔2019〕3号') \gset
select is(:version, 2, 'the revision is the next version');
call lwtest.sweep();
select lwtest.rows_are(
	$$ select letter_no, due_on from lwtest.due where rule = 'reply' order by letter_no $$,
	$$ values
		('C-428', '2019-04-28'::date), -- a worked Sunday now
		('C-501', '2019-05-05'), ('C-502', '2019-05-05'), ('C-504', '2019-05-05'), ('C-505', '2019-05-05'),
		('C-510', '2019-05-10'),
		('C-BACK', '2019-05-02'), ('C-LATE', '2019-05-02'), ('C-MET', '2019-05-02') $$,
	'under the revision what is open moves, either way; what was closed before keeps its last day');

-- What is entered for closed letters afterwards.
call lwtest.void('2019-04-10 10:00', 'C-BACK', 'result');
select is((select due_on from lwtest.due where letter_no = 'C-BACK' and rule = 'reply'), '2019-05-05'::date,
	'closed before and opened again by voiding after the revision: the newest list');
call lwtest.act('2019-04-10 10:00', $$assign_letter('C-LATE', 'case', 'S-1', '2019-03-10 10:00+08')$$);
select is((select due_on from lwtest.due where letter_no = 'C-LATE' and rule = 'reply'), '2019-05-02'::date,
	'an event that is entered late and closes nothing leaves it with the list it was judged by');
call lwtest.act('2019-04-10 10:01', $$record_reply('C-LATE', 'progress', '2019-03-14 10:00+08')$$);
select is((select due_on from lwtest.due where letter_no = 'C-LATE' and rule = 'reply'), '2019-05-05'::date,
	'closed by an earlier reply that was entered after the revision: judged by the revision');
call lwtest.void('2019-04-10 10:02', 'C-LATE', 'progress');
select is((select due_on from lwtest.due where letter_no = 'C-LATE' and rule = 'reply'), '2019-05-02'::date,
	'that made void, it is closed by what was recorded before the revision, and judged by the first list again');

call lwtest.walk('2019-04-15', '2019-04-28');
call lwtest.act('2019-04-28 15:00', $$record_reply('C-428', 'result')$$);
call lwtest.walk('2019-04-29', '2019-05-07');
select lwtest.rows_are(
	$$ select letter_no, lwtest.heard(letter_no, 'reply') from letterwatch.letter where office_code = 'T-H' order by letter_no $$,
	$$ select letter_no, case letter_no
		when 'C-428' then '04-15 09:00 warn, 04-22 09:00 warn, 04-26 09:00 warn, 04-28 09:00 due'
		when 'C-510' then '04-25 09:00 warn, 05-05 09:00 warn'
		when 'C-MET' then null
		when 'C-LATE' then null
		else '04-18 09:00 warn, 04-25 09:00 warn, 04-30 09:00 warn, 05-05 09:00 due, 05-06 00:00 overdue, 05-06 09:00 remind, '
		     '05-07 09:00 escalate' end
	   from letterwatch.letter where office_code = 'T-H' order by letter_no $$,
	'the alerts of May 2019 come by the revision: on the worked Sundays, none in the break');

-- ==== the list of 2020: missing, loaded, revised on 26 January =======================================================

-- Replies; all are provisional while the list of 2020 is missing.
call lwtest.receive('P-126', '2019-10-26 10:00', 'T-H');
call lwtest.walk('2019-10-30', '2019-10-31');
call lwtest.receive('P-131', '2019-10-31 10:00', 'T-H');
call lwtest.walk('2019-11-01', '2019-11-07');
call lwtest.receive('P-207', '2019-11-07 10:00', 'T-H');
call lwtest.walk('2019-11-08', '2019-11-10');
call lwtest.receive('P-210', '2019-11-10 10:00', 'T-H');
call lwtest.walk('2019-11-11', '2019-11-14');
call lwtest.receive('P-214', '2019-11-14 10:00', 'T-H');
insert into letterwatch.letter_event (letter_no, kind, outcome)
select letter_no, 'notice', 'accepted' from letterwatch.letter where letter_no like 'P-%';
call lwtest.walk('2019-11-15', '2019-11-21');
select lwtest.rows_are(
	$$ select letter_no, due_on, provisional from lwtest.due where letter_no like 'P-%' and rule = 'reply' order by 1 $$,
	$$ values
		('P-126', '2020-01-27'::date, true), -- the 26th is a Sunday
		('P-131', '2020-01-31', true), ('P-207', '2020-02-07', true), ('P-210', '2020-02-10', true), ('P-214', '2020-02-14', true) $$,
	'without the list of 2020 only weekends count, and each date says that it is provisional');
select lwtest.rows_are(
	$$ select year, deadlines, first_due_on from letterwatch.calendar_gap where calendar = 't-cn' $$,
	$$ values (2020, 5::bigint, '2020-01-27'::date) $$,
	'calendar_gap shows the year that is missing, how many deadlines wait for it, and the first of them');

call lwtest.set_clock('2019-11-21 15:00:00');
create procedure lwtest.put_2020(last_day_off date, also_worked date)
	language plpgsql
	as $$
	begin
		call lwtest.put('2020-01-01', '2020-01-01', 'off', '元旦');
		call lwtest.put('2020-01-19', '2020-01-19', 'work', '春节');
		call lwtest.put('2020-01-24', last_day_off, 'off', '春节');
		call lwtest.put(also_worked, also_worked, 'work', '春节');
		call lwtest.put('2020-04-04', '2020-04-06', 'off', '清明');
		call lwtest.put('2020-05-01', '2020-05-05', 'off', '劳动节');
		call lwtest.put('2020-04-26', '2020-04-26', 'work', '劳动节');
		call lwtest.put('2020-05-09', '2020-05-09', 'work', '劳动节');
	end $$;
call lwtest.put_2020('2020-01-30', '2020-02-01');
select lwtest.rows_are(
	$$ select * from letterwatch.preview_calendar('t-cn', 2020) $$,
	$$ values ('P-126', 'reply', '2020-01-27'::date, '2020-01-31'::date) $$,
	'preview_calendar shows the one date that the list of 2020 moves');
select version from letterwatch.import_calendar('t-cn', 2020, '国办发明电〔2019〕16号') \gset
call lwtest.sweep();
select lwtest.rows_are(
	$$ select letter_no, due_on, provisional from lwtest.due where letter_no like 'P-%' and rule = 'reply' order by 1 $$,
	$$ values
		('P-126', '2020-01-31'::date, false),
		('P-131', '2020-01-31', false), ('P-207', '2020-02-07', false), ('P-210', '2020-02-10', false), ('P-214', '2020-02-14', false) $$,
	'with the list none is provisional any more, and what fell into Spring Festival has moved behind it');
call lwtest.walk('2019-11-22', '2019-11-24');
select is_empty($$ select from letterwatch.calendar_gap where calendar = 't-cn' $$, 'nothing is missing');

create view lwtest.gap as
	select to_char(claimed_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') as at, fields->>'year' as year,
	       fields->>'deadlines' as deadlines, fields->>'first_due' as first_due
	from lwtest.line
	where fields->>'event' = 'calendar_gap' and fields->>'calendar' = 't-cn' and claimed_at > '2019-10-30 00:00+08';
select lwtest.rows_are(
	'select at from lwtest.gap order by at',
	$$ select to_char(d, 'YYYY-MM-DD 09:00') from generate_series('2019-11-01'::timestamp, '2019-11-21', '1 day') d $$,
	'the gap is told from 1 November on, once each morning, until the list is loaded');
select lwtest.rows_are(
	$$ select * from lwtest.gap where at like '2019-11-01%' or at like '2019-11-15%' order by at $$,
	$$ values
		('2019-11-01 09:00', '2020', '2', '2020-01-27'),
		('2019-11-15 09:00', '2020', '5', '2020-01-27') $$,
	'the line says how many deadlines wait, and which last day is the first');

-- Now the winter. Notices of letters that come shortly before the revision.
call lwtest.walk('2020-01-13', '2020-01-17');
call lwtest.receive('N-BEFORE', '2020-01-17 10:00', 'T-H');
call lwtest.receive('N-VOID', '2020-01-17 10:00', 'T-H');
call lwtest.walk('2020-01-18', '2020-01-20');
call lwtest.receive('N-120', '2020-01-20 10:00', 'T-H');
call lwtest.walk('2020-01-21', '2020-01-23');
call lwtest.act('2020-01-23 15:00', $$record_notice('N-BEFORE')$$);
call lwtest.act('2020-01-23 15:00', $$record_notice('N-VOID')$$);
call lwtest.walk('2020-01-24', '2020-01-25');
call lwtest.receive('N-125', '2020-01-25 10:00', 'T-H');
call lwtest.walk('2020-01-26', '2020-01-26');
select lwtest.rows_are(
	$$ select letter_no, due_on from lwtest.due where letter_no like 'N-%' and rule = 'notice' order by 1 $$,
	$$ values ('N-120', '2020-01-31'::date), ('N-125', '2020-02-01'), ('N-BEFORE', '2020-01-31'), ('N-VOID', '2020-01-31') $$,
	'before the revision: received on 20 January, told by 31 January; 1 February is a worked Saturday');

call lwtest.set_clock('2020-01-26 18:00:00');
call lwtest.put_2020('2020-02-02', null);
delete from letterwatch.calendar_import where day is null;
create temporary table foreseen as select * from letterwatch.preview_calendar('t-cn', 2020);
select lwtest.rows_are(
	'select * from foreseen order by letter_no',
	$$ values
		('N-120', 'notice', '2020-01-31'::date, '2020-02-03'::date), ('N-125', 'notice', '2020-02-01', '2020-02-03'),
		('P-126', 'reply', '2020-01-31', '2020-02-03'), ('P-131', 'reply', '2020-01-31', '2020-02-03') $$,
	'the preview of the revision');
select version from letterwatch.import_calendar('t-cn', 2020, '国办发明电〔2020〕1号') \gset
call lwtest.sweep();
select lwtest.rows_are(
	$$ select letter_no, rule, old_due, new_due from letterwatch.deadline_change where changed_at >= '2020-01-26 18:00+08' order by 1 $$,
	'select * from foreseen order by letter_no',
	'is what the import re-dates');
select is(letterwatch.due_date('procuratorate', 'notice', '2020-01-20', 'T-H'), '2020-02-03'::date,
	'after the revision: received on 20 January, told by 3 February');

call lwtest.walk('2020-01-27', '2020-02-01');
call lwtest.void('2020-02-01 12:00', 'N-VOID', 'notice');
select lwtest.rows_are(
	$$ select letter_no, due_on from lwtest.due where letter_no in ('N-BEFORE', 'N-VOID') and rule = 'notice' order by 1 $$,
	$$ values ('N-BEFORE', '2020-01-31'::date), ('N-VOID', '2020-02-03') $$,
	'what was told before the revision keeps its last day, unless the notice turns out to be none');
call lwtest.walk('2020-02-02', '2020-02-03');
call lwtest.act('2020-02-03 16:00', $$record_notice('N-120')$$);
call lwtest.act('2020-02-03 16:00', $$record_notice('N-VOID')$$);
call lwtest.act('2020-02-03 16:00', $$record_reply('P-126', 'result')$$);
call lwtest.walk('2020-02-04', '2020-02-04');
call lwtest.act('2020-02-04 10:00', $$record_notice('N-125')$$);
call lwtest.walk('2020-02-05', '2020-02-07');
select lwtest.rows_are(
	$$ select d.letter_no, d.rule, lwtest.heard(d.letter_no, d.rule)
	   from lwtest.due d
	   where d.letter_no like 'N-%' and d.rule = 'notice' or d.letter_no like 'P-%' and d.rule = 'reply' order by 1 $$,
	$$ values
		('N-120', 'notice', '01-22 09:00 warn, 01-23 09:00 warn, 02-03 09:00 due'),
		('N-125', 'notice', '02-03 09:00 due, 02-04 00:00 overdue, 02-04 09:00 remind'),
		('N-BEFORE', 'notice', '01-22 09:00 warn, 01-23 09:00 warn'),
		('N-VOID', 'notice', '01-22 09:00 warn, 01-23 09:00 warn, 02-03 09:00 due'),
		('P-126', 'reply', '01-13 09:00 warn, 01-19 09:00 warn, 01-23 09:00 warn, 02-03 09:00 due'),
		('P-131', 'reply', '01-13 09:00 warn, 01-19 09:00 warn, 01-23 09:00 warn, 02-03 09:00 due, 02-04 00:00 overdue, '
		                   '02-04 09:00 remind, 02-05 09:00 escalate, 02-06 09:00 remind, 02-07 09:00 remind'),
		('P-207', 'reply', '01-20 09:00 warn, 01-26 18:00 warn late, 02-06 09:00 warn, 02-07 09:00 due'),
		('P-210', 'reply', '01-21 09:00 warn, 02-03 09:00 warn, 02-07 09:00 warn'),
		('P-214', 'reply', '01-26 18:00 warn late, 02-07 09:00 warn') $$,
	'the alerts of that winter: none in the longer break, none twice; a warning whose time the revision has moved into the past is '
	'told at once');
select lwtest.rows_are(
	$$ select stage, fields->>'due' from lwtest.told where letter = 'N-120' and rule = 'notice' order by n $$,
	$$ values ('warn', '2020-01-31'), ('warn', '2020-01-31'), ('due', '2020-02-03') $$,
	'each line names the last day that then held');

-- ==== importing a list: what is wrong with it ========================================================================

call lwtest.set_clock('2026-12-24 10:00:00');
create function lwtest.footprint() returns text
	language sql
	as $$
	select concat_ws('/',
		(select count(*) from letterwatch.calendar_list),
		(select count(*) from letterwatch.calendar_day),
		(select count(*) from letterwatch.settings_change where redated_at is null),
		(select md5(string_agg(t::text, ',' order by calendar, day)) from letterwatch.calendar_date t where calendar = 'cn'),
		(select md5(string_agg(t::text, ',' order by t::text)) from letterwatch.deadline t),
		(select count(*) from letterwatch.deadline_change),
		(select count(*) from letterwatch.calendar_import));
	$$;

copy letterwatch.calendar_import (day, kind, holiday) from stdin;
2027-01-01	off	元旦
2027-02-30	off	春节
2027/2/3	off	春节
2027-05-01	holiday	劳动节
2028-01-01	off	元旦
2026-11-30	off	元旦
2027-06-09	off	端午
2027-06-09	off	端午
2027-09-19	off	中秋
2027-09-19	work	中秋
2027-03-03	work	春节
\N	off	元旦
2027-01-02	\N	元旦
2027-05-03	off	劳动节
\.
select lwtest.says(
	(select string_agg(f.fault, '; ') from letterwatch.check_import('cn', 2027) f where f.line = wrong.line),
	wrong.says, format('line %s: %s', wrong.line, wrong.what))
from (values
	(2, '2027-02-30.*not a date', 'a day that February does not have'),
	(3, '2027/2/3.*not a date', 'a date in another style'),
	(4, 'holiday.*off.*work', 'a kind that is neither off nor work'),
	(5, '2028-01-01.*not a day of 2027', 'a day of the next year'),
	(6, '2026-11-30.*not a day of 2027', 'a day before the December before'),
	(8, '2027-06-09.*2 times', 'a day that stands there twice'),
	(10, '2027-09-19.*off and as work', 'a day both off and worked'),
	(11, '2027-03-03.*make-up', 'a make-up day on a Wednesday'),
	(12, 'not a date', 'no day'),
	(13, 'off.*work', 'no kind')
) wrong (line, says, what)
order by wrong.line;
select lwtest.rows_are(
	$$ select line from letterwatch.check_import('cn', 2027) where line is not null group by line order by line $$,
	'values (2), (3), (4), (5), (6), (8), (10), (11), (12), (13)',
	'no other line is blamed');
select lwtest.footprint() as before \gset
select lwtest.refused(
	$$ select * from letterwatch.import_calendar('cn', 2027, 'invented') $$,
	'line 2: .*line 3: .*line 4: .*line 5: .*line 6: .*line 8: .*line 10: .*line 11: .*line 12: .*line 13: ',
	'a list with ten faults: all of them');
select lwtest.refused(
	$$ select * from letterwatch.preview_calendar('cn', 2027) $$, 'line 2: ', 'its preview');
select is(lwtest.footprint(), :'before', 'and nothing of it is loaded');

delete from letterwatch.calendar_import;
select lwtest.refused(
	$$ select * from letterwatch.import_calendar('cn', 2027, 'invented') $$, 'no days', 'an import of nothing');
copy letterwatch.calendar_import (day, kind, holiday) from stdin;
2027-01-01	off	元旦
2027-02-05	off	春节
2027-02-06	work	清明
\.
select lwtest.rows_are(
	$$ select line, fault from letterwatch.check_import('cn', 2027) order by fault collate "C" $$,
	$$ select null::bigint, h || ' is missing, which the list of 2026 names'
	   from unnest('{中秋,劳动节,国庆节,清明,端午}'::text[]) h order by h collate "C" $$,
	'half a list: each holiday is named that the list before has and that it does not give a day off');
select lwtest.refused(
	$$ select * from letterwatch.import_calendar('cn', 2027, 'invented') $$, '清明.*missing', 'an import of half a list');
select lwtest.refused(
	$$ select * from letterwatch.import_calendar('cm', 2027, 'invented') $$, 'no calendar cm', 'a list of an unknown calendar');
delete from letterwatch.calendar_import;

-- ==== a list that is right ===========================================================================================

call lwtest.register('G-1105', '2026-11-05 09:30');
call lwtest.register('G-1130', '2026-11-30 09:30');
call lwtest.register('G-MET', '2026-11-30 09:30');
call lwtest.register('G-1201', '2026-12-01 09:30');
call lwtest.register('G-1221', '2026-12-21 09:30');
call lwtest.register('G-1224', '2026-12-24 09:30');
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set)
values ('G-WORK', 'T-P-C-1', '2026-12-23', 'procuratorate-workdays');
select count(*) as ignored from letterwatch.record_reply('G-MET', 'result') \gset
select lwtest.rows_are(
	$$ select letter_no, rule, due_on from lwtest.due where letter_no like 'G-%' and provisional order by 1, 2 $$,
	$$ values
		('G-1105', 'reply', '2027-02-05'::date), ('G-1130', 'reply', '2027-03-01'), ('G-1201', 'reply', '2027-03-01'),
		('G-1221', 'notice', '2026-12-28'), ('G-1221', 'reply', '2027-03-22'),
		('G-1224', 'notice', '2026-12-31'), ('G-1224', 'reply', '2027-03-24'),
		('G-MET', 'reply', '2027-03-01'),
		('G-WORK', 'notice', '2027-01-01'), ('G-WORK', 'reply', '2027-03-23') $$,
	'what ends in 2027, or from 28 December on, or counts working days into it, is provisional');
select lwtest.rows_are(
	$$ select year, deadlines, first_due_on from letterwatch.calendar_gap where calendar = 'cn' $$,
	$$ values (2027, 9::bigint, '2026-12-28'::date) $$,
	'the nine open ones of them are in calendar_gap');

-- Another session's rows, and settings of this one that must not touch a date.
insert into letterwatch.calendar_import (day, kind, holiday, loaded_by) values ('2027-07-32', 'off', 'of another session', -1);
set local timezone = 'America/Los_Angeles';
set local datestyle = 'SQL, DMY';
copy letterwatch.calendar_import (day, kind, holiday) from stdin (format csv);
2026-12-31,off,元旦
2027-01-01,off,元旦
2027-01-02,off,元旦
2027-01-03,off,元旦
2027-02-05,off,春节
2027-02-06,off,春节
2027-02-07,off,春节
2027-02-08,off,春节
2027-02-09,off,春节
2027-02-10,off,春节
2027-02-11,off,春节
2027-02-28,work,春节
2027-04-05,off,清明
2027-05-01,off,劳动节
2027-05-02,off,劳动节
2027-05-03,off,劳动节
2027-06-09,off,端午
2027-09-15,off,中秋
2027-10-01,off,国庆节
2027-10-02,off,国庆节
2027-10-03,off,国庆节
2027-10-04,off,国庆节
2027-10-05,off,国庆节
2027-10-06,off,国庆节
2027-10-07,off,国庆节
2027-10-09,work,国庆节
\.
select is_empty($$ select * from letterwatch.check_import('cn', 2027) $$, 'a whole list has no fault');
select lwtest.footprint() as before \gset
create temporary table expected as select * from letterwatch.preview_calendar('cn', 2027);
set constraints all deferred;
create temporary table expected_outside as select * from letterwatch.preview_calendar('cn', 2027);
set constraints all immediate;
select is(lwtest.footprint(), :'before', 'a preview changes nothing');
create temporary table imported as select * from letterwatch.import_calendar('cn', 2027, 'invented for a test');
set local datestyle = 'ISO, YMD';
reset timezone;
select lwtest.rows_are(
	'select * from expected',
	$$ values
		('G-1224', 'notice', '2026-12-31'::date, '2027-01-04'::date), ('G-WORK', 'notice', '2027-01-01', '2027-01-05'),
		('G-1105', 'reply', '2027-02-05', '2027-02-12'), ('G-1130', 'reply', '2027-03-01', '2027-02-28') $$,
	'it shows the open deadlines that will be re-dated, in the order of their new days');
select lwtest.rows_are('select * from expected_outside', 'select * from expected', 'the same where the import is not yet in force');
select lwtest.rows_are('select * from imported',
	$$ values (1, 24::bigint, 2::bigint, '2026-12-31'::date, '2027-10-09'::date) $$, 'the whole list is loaded, in any time zone');
select is((select array_agg(day) from letterwatch.calendar_import), '{2027-07-32}'::text[], 'without what another session has put there');
call lwtest.redate();
select lwtest.rows_are(
	$$ select letter_no, rule, old_due, new_due from letterwatch.deadline_change where letter_no like 'G-%' order by new_due $$,
	'select * from expected',
	'what is re-dated is what the preview showed');
select lwtest.rows_are(
	$$ select letter_no, rule, due_on from lwtest.due where letter_no like 'G-%' and provisional $$,
	$$ values ('G-MET', 'reply', '2027-03-01'::date) $$,
	'nothing open is provisional any more; what was closed stays as it was judged');
select is_empty($$ select from letterwatch.calendar_gap where calendar = 'cn' $$, 'the gap is closed');

-- ==== versions, and lists that nobody changes ========================================================================

call lwtest.set_clock('2026-12-25 10:00:00');
create procedure lwtest.put_again(also_off date)
	language sql
	as $$
	insert into letterwatch.calendar_import (day, kind, holiday)
	select day::text, kind, holiday from letterwatch.calendar_day
	where calendar = 'cn' and year = 2027 and version = 1 and day <> '2027-02-28'
	union all
	select also_off::text, 'off', 'invented' where also_off is not null
	$$;
call lwtest.put_again(null);
select version from letterwatch.import_calendar('cn', 2027, 'a second one') \gset
call lwtest.redate();
select lwtest.rows_are(
	$$ select l.version, l.source, count(d.day)::int, l.recorded_at at time zone 'Asia/Shanghai' > '2026-12-24'
	   from letterwatch.calendar_list l join letterwatch.calendar_day d using (calendar, year, version)
	   where l.calendar = 'cn' and l.year = 2027 group by l.calendar, l.year, l.version order by 1 $$,
	$$ values (1, 'invented for a test', 26, true), (2, 'a second one', 25, true) $$,
	'each version is kept, with its source and when it came into force');
select lwtest.rows_are(
	$$ select old_due, new_due from letterwatch.deadline_change where letter_no = 'G-1130' order by changed_at $$,
	$$ values ('2027-03-01'::date, '2027-02-28'::date), ('2027-02-28', '2027-03-01') $$,
	'and what each did to a date');

create role lwtest_admin in role letterwatch_admin;
grant usage on schema lwtest to lwtest_admin;
create procedure lwtest.as_role(role text)
	language plpgsql
	as $$ begin perform set_config('role', as_role.role, true); end $$;
select lwtest.refused(
	$$ insert into letterwatch.calendar_day (calendar, year, version, day, kind) values ('cn', 2026, 1, '2026-07-01', 'off') $$,
	'in force already', 'completing a list afterwards');
select lwtest.refused(
	$$ insert into letterwatch.calendar_day (calendar, year, version, day, kind) values ('cn', 2030, 1, '2030-07-01', 'off') $$,
	'no list of 2030', 'days of a list that is not there');
select lwtest.refused(
	$$ insert into letterwatch.calendar_day (calendar, year, version, day, kind) values ('cn', 2027, 2, '2028-07-01', 'off') $$,
	'not a day of 2027', 'a day of another year, past import_calendar');
select lwtest.refused(
	$$ insert into letterwatch.calendar_day (calendar, year, version, day, kind) values ('cn', 2027, 2, '2027-07-01', 'work') $$,
	'make-up', 'a make-up day on a Thursday, past import_calendar');
select lwtest.refused(
	$$ update letterwatch.calendar set weekend = '{5,6}' where calendar = 'cn' $$, 'in use', 'another weekend for a calendar in use');
select lwtest.refused(
	$$ update letterwatch.calendar set parent = 'everyday' where calendar = 't-cn' $$, 'in use', 'another parent for a calendar in use');
insert into letterwatch.calendar (calendar, title) values ('t-brief', 'never used'), ('t-slip', 'never used');
set constraints all immediate;
update letterwatch.calendar set calendar = 't-mended' where calendar = 't-slip';
delete from letterwatch.calendar where calendar = 't-brief';
set constraints all immediate;
select lwtest.rows_are($$ select distinct calendar::text from letterwatch.calendar_date where calendar in ('t-brief', 't-slip', 't-mended') $$,
	$$ values ('t-mended') $$, 'of a calendar that goes no day stays');
select is_empty($$ select what from letterwatch.verify() where what ~ 'calendar' $$, 'and nothing is amiss');
call lwtest.as_role('lwtest_admin');
select lwtest.refused(
	$$ insert into letterwatch.calendar_day (calendar, year, version, day, kind) values ('cn', 2026, 1, '2026-07-01', 'off') $$,
	'in force already', 'an administrator who completes a list');
call lwtest.as_role('none');
savepoint dated_back;
call lwtest.as_role('lwtest_admin');
select count(*) as ignored from lwtest.refusal($$
	insert into letterwatch.calendar_list (calendar, year, version, source, recorded_at)
	values ('cn', 2027, 3, 'dated back', '2026-01-01 00:00+08') $$) \gset
call lwtest.as_role('none');
select is_empty(
	$$ select from letterwatch.calendar_list where source = 'dated back' and recorded_at < '2026-12-25 10:00+08' $$,
	'an administrator cannot make a list known earlier than it came');
rollback to dated_back;

-- ==== calendars that inherit =========================================================================================

call lwtest.set_clock('2027-03-16 10:00:00');
insert into letterwatch.calendar (calendar, title, parent, needs_list, weekend)
values ('t-region', 'a minority region', 'cn', false, '{6,7}'), ('t-strict', 'one whose own list is needed', 'cn', true, '{6,7}'),
       ('t-friday', 'Friday and Saturday are off', 'cn', false, '{5,6}');
insert into letterwatch.office (office_code, name, parent_code, calendar)
values ('T-R', 'region', 'T', 't-region'), ('T-R-1', 'below the region', 'T-R', null), ('T-S', 'strict', 'T', 't-strict'),
       ('T-F', 'another week', 'T', 't-friday');
call lwtest.put('2027-03-25', '2027-03-25', 'off', '三月三');
call lwtest.put('2027-04-05', '2027-04-05', 'work', '清明'); -- a Monday, off in the parent's list
select version from letterwatch.import_calendar('t-region', 2027, 'the region''s own') \gset
create function lwtest.notice(received date) returns text
	language sql
	as $$
	select string_agg(to_char(letterwatch.due_date('procuratorate', 'notice', received, office), 'MM-DD'), ' ' order by office)
	from unnest('{T-P-C-1,T-R,T-R-1}'::text[]) office
	$$;
select is(lwtest.notice('2027-03-18'), '03-25 03-26 03-26',
	'a local day off holds for the office with that calendar and those below, not beside it');
select is(lwtest.notice('2027-03-29'), '04-06 04-05 04-05', 'a child''s make-up day stands over its parent''s day off');
select is(lwtest.notice('2027-09-24'), '10-08 10-08 10-08', 'what the child does not name comes from its parent');

call lwtest.receive('H-REGION', '2027-03-18 09:30', 'T-R-1');
call lwtest.receive('H-STRICT', '2027-03-18 09:30', 'T-S');
call lwtest.receive('H-PARENT', '2027-03-19 09:30', 'T-P-C-1');
select lwtest.rows_are(
	$$ select letter_no, due_on, provisional from lwtest.due where letter_no like 'H-%' and rule = 'notice' order by 1 $$,
	$$ values ('H-PARENT', '2027-03-26'::date, false), ('H-REGION', '2027-03-26', false), ('H-STRICT', '2027-03-25', true) $$,
	'a calendar that needs a list of its own is unsettled without one, whatever its parent has');
call lwtest.put('2027-03-25', '2027-03-25', 'off', '三月三');
select version from letterwatch.import_calendar('t-strict', 2027, 'its own') \gset
call lwtest.set_clock('2027-03-19 10:00:00');
call lwtest.put_again('2027-03-26');
create temporary table inherited as select * from letterwatch.preview_calendar('cn', 2027);
select version from letterwatch.import_calendar('cn', 2027, 'a third one') \gset
call lwtest.redate();
select lwtest.rows_are(
	$$ select letter_no, due_on, provisional from lwtest.due where letter_no like 'H-%' and rule = 'notice' order by 1 $$,
	$$ values ('H-PARENT', '2027-03-29'::date, false), ('H-REGION', '2027-03-29', false), ('H-STRICT', '2027-03-29', false) $$,
	'a new list of the parent reaches the letters of its children');
select is((select array_agg(letter_no order by letter_no) from inherited where letter_no like 'H-%'),
	'{H-PARENT,H-REGION,H-STRICT}'::text[], 'as its preview has shown');

-- ==== another week ===================================================================================================

select is(
	(select array_agg(letterwatch.due_date('procuratorate', 'notice', received, 'T-F') order by received)
	 from unnest('{2027-03-12,2027-03-14,2027-10-01}'::date[]) received),
	'{2027-03-21,2027-03-21,2027-10-09}'::date[],
	'where Friday and Saturday are off, a Sunday is worked; a Saturday that the parent''s list has worked stays worked');
call lwtest.receive('H-WEEK', '2027-03-21 09:30', 'T-F');
select is((select bool_or(provisional) from lwtest.due where letter_no = 'H-WEEK'), false,
	'a calendar that needs no list of its own is settled by its parent''s');
call lwtest.walk('2027-03-22', '2027-03-30');
select is(lwtest.heard('H-WEEK', 'notice'),
	'03-24 09:00 warn, 03-25 09:00 warn, 03-28 09:00 due, 03-29 00:00 overdue, 03-29 09:00 remind, 03-30 09:00 escalate',
	'and its alerts keep that week');

select is_empty('select * from letterwatch.verify()', 'what is stored is what the facts imply');
select * from finish();
rollback;
