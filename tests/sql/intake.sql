-- intake.sql -- the front door: what letters and events may say, what comes twice, what is refused and how, what a file's header
-- may be. Files themselves, and registries, are tested in tests/t/17-intake-files.t and 18-intake-registry.t.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- days and moments ------------------------------------------------------------------------

select is(letterwatch.intake_moment(v.written, 'Asia/Shanghai'), v.meant::timestamptz, 'read: ' || v.written)
from (values
	('2026-11-03', '2026-11-03 00:00+08'),
	('2026-1-3', '2026-01-03 00:00+08'),
	('2026/11/3', '2026-11-03 00:00+08'),
	('2026年11月3日', '2026-11-03 00:00+08'),
	('2026年11月3日 9:05', '2026-11-03 09:05+08'),
	('2026年11月3日9:05', '2026-11-03 09:05+08'),
	('2026/11/3 09:05:06', '2026-11-03 09:05:06+08'),
	('2026-11-03T09:05:06.5', '2026-11-03 09:05:06.5+08'),
	('2026-11-03T09:05:06Z', '2026-11-03 17:05:06+08'),
	('2026-11-03 09:05:06+00', '2026-11-03 17:05:06+08'),
	('2026-11-03 09:05-03:30', '2026-11-03 20:35+08'),
	('2024-02-29', '2024-02-29 00:00+08'),
	('3/11/2026', null), ('11-03-2026', null), ('03.11.2026', null), ('20261103', null), ('2026-02-29', null), ('2026-13-01', null),
	('0001-01-01', '0001-01-01 00:00+08:05:43'), ('0000-01-01', null), ('0000/1/1', null),
	('2026年11月', null), ('2026/11月3', null), ('2026-11-03 25:00', null), ('2026-11-03 09', null), ('46329', null),
	('yesterday', null), ('infinity', null), ('2026-11-03 09:05 PM', null), ('', null)) v (written, meant);
select is(letterwatch.intake_day('2026年3月1日'), '2026-03-01', 'a day');
select is(letterwatch.intake_day('2026-03-01 10:00'), null, 'a day has no time');
select is(letterwatch.intake_day('0000-01-01'), null, 'there is no year 0');
select is(letterwatch.intake_day(v.written collate "und-x-icu"), null, 'digits are those of ASCII: ' || v.written)
from (values ('２０２６-11-03'), ('２０２６-11-30')) v (written);

-- ---- a letter with its history ---------------------------------------------------------------

-- What there is of a letter, in one line.
create function lwtest.life(source_ref text) returns text
	language sql
	as $$
	select concat_ws(' ', l.office_code, l.received_on, l.channel, s.status, s.handler, s.unit)
	       || coalesce('|' || (select string_agg(concat_ws(' ', e.kind, e.outcome, e.received_on, e.handler,
	                                                     (e.occurred_at at time zone 'Asia/Shanghai')::timestamp(0)), '|' order by e.event_id)
	                           from letterwatch.letter_event e where e.letter_no = l.letter_no), '')
	from letterwatch.letter l
	join letterwatch.letter_state s on s.letter_no = l.letter_no
	where l.source_ref = $1
	$$;

insert into letterwatch.intake_letter (outcome, source_ref, handler, notice_at, source, office_code, received_on)
values ('referred', '1', 'H-1', '2026/2/5', 'old', 'T-P-C-1', '2026年2月3日');
select is(lwtest.life('1'), 'T-P-C-1 2026-02-03 post referred H-1|notice referred H-1 2026-02-05 00:00:00',
	'a letter comes with its notice, its columns in any order');
insert into letterwatch.intake_letter (office_code, received_at, channel, notice_at, reply_at, outcome, source, source_ref)
values ('T-P-C-1', '2026-02-03 09:00', 'online', '2026-02-05 10:00', '2026-02-20', 'progress', 'old', '2');
select is(lwtest.life('2'), 'T-P-C-1 2026-02-03 online in_progress|notice accepted 2026-02-05 10:00:00|progress 2026-02-20 00:00:00',
	'with notice and reply, of which outcome names the reply''s');
insert into letterwatch.intake_letter (office_code, unit, handler, source, source_ref) values ('T-P-C-1', 'case', 'H-2', 'old', '3');
select is(lwtest.life('3'), 'T-P-C-1 2026-03-02 post registered H-2 case|assign H-2 2026-03-02 10:00:00',
	'with who has it; without a day it came now');
insert into letterwatch.intake_letter (office_code, received_on, channel, unit, notice_at, outcome, source, source_ref)
values (' T-P-C-1 ', '2026-02-03', '网络', '办案部门', '2026-02-05', '待补材料', 'old', '5');
select is(lwtest.life('5'), 'T-P-C-1 2026-02-03 online incomplete case|notice incomplete 2026-02-05 00:00:00', 'Chinese titles stand for their codes');
insert into letterwatch.intake_letter (office_code, received_on) select 'T-P-C-1', date '2026-03-01' from generate_series(1, 3);
select is((select count(*)::int from letterwatch.letter where received_on = '2026-03-01'), 3, 'values of other types are taken; numbers are made');

-- ---- the same again, and changed -------------------------------------------------------------

create temp table footprint as select lwtest.life(n::text) from generate_series(1, 3) n;
insert into letterwatch.intake_letter (office_code, received_on, notice_at, outcome, handler, source, source_ref)
values ('T-P-C-1', '2026-02-03', '2026-02-05', 'referred', 'H-1', 'old', '1'),
       ('T-P-C-1', '2026-02-03', '2026-02-05', null, null, 'old', '2'),
       ('T-P-C-1', null, null, null, 'H-2', 'old', '3');
select results_eq('table footprint', 'select lwtest.life(n::text) from generate_series(1, 3) n', 'the same again adds nothing, nor do empty cells');
insert into letterwatch.intake_letter (office_code, source, source_ref, notice_at) values ('T-P-C-1', 'old', '3', '2026-03-02 11:00+09');
select is(lwtest.life('3'), 'T-P-C-1 2026-03-02 post accepted H-2 case|assign H-2 2026-03-02 10:00:00|notice accepted 2026-03-02 10:00:00',
	'a notice that is new is added');
insert into letterwatch.intake_letter (office_code, source, source_ref, received_on, handler) values ('T-P-C-1', 'old', '3', '2026-03-01', 'H-3');
insert into letterwatch.intake_letter (office_code, source, source_ref, received_on, handler) values ('T-P-C-1', 'old', '3', '2026-03-01', 'H-3');
select is(lwtest.life('3'),
	'T-P-C-1 2026-03-02 post accepted H-3 case|assign H-2 2026-03-02 10:00:00|notice accepted 2026-03-02 10:00:00'
	'|correct 2026-03-01 2026-03-02 10:00:00|assign H-3 2026-03-02 10:00:00',
	'another day of receipt corrects it, another handler takes it over, each once');
select is((select due_on::text from letterwatch.deadline d join letterwatch.letter l using (letter_no) where l.source_ref = '3' and d.rule = 'reply'),
	'2026-06-01', 'and the deadlines follow');
select lwtest.refused($$ insert into letterwatch.intake_letter (office_code, source, source_ref, notice_at, outcome)
	values ('T-P-C-1', 'old', '1', '2026-02-06', 'accepted') $$, 'not possible .* referred', 'another notice than the one recorded');
select lwtest.refused($$ insert into letterwatch.intake_letter (office_code, source, source_ref) values ('T-P-C-2', 'old', '1') $$,
	'came from office T-P-C-1, not T-P-C-2', 'another office');
select lwtest.refused($$ insert into letterwatch.intake_letter (letter_no, office_code, source, source_ref) values ('I-9', 'T-P-C-1', 'old', '1') $$,
	'came before as', 'another number');
insert into letterwatch.intake_letter (office_code, source, source_ref, received_on, reply_at, outcome)
values ('T-P-C-1', 'old', '4', '2026-02-01', null, null), ('T-P-C-1', 'old', '4', '2026-02-01', '2026-02-10', 'result');
select is(lwtest.life('4'), 'T-P-C-1 2026-02-01 post answered|result 2026-02-10 00:00:00', 'twice in one statement: the second is what is new');

-- ---- refused ---------------------------------------------------------------------------------

select lwtest.refused(format('insert into letterwatch.intake_letter (%s) values (%s)', v.columns, v.row_values), v.says, v.says)
from (values
	('received_on', $$'2026-02-01'$$, 'without an office_code'),
	('channel', 'null', 'without anything'),
	('office_code', $$'T-X'$$, 'unknown office T-X'),
	('office_code, received_on', $$'T-P-C-1', '1/2/2026'$$, 'received_on is no day'),
	('office_code, received_at', $$'T-P-C-1', 'today'$$, 'received_at is no moment'),
	('office_code, received_on', $$'T-P-C-1', '2026-03-03'$$, 'lies in the future'),
	('office_code, received_on, received_at', $$'T-P-C-1', '2026-02-03', '2026-02-02 09:00'$$, 'received_at is not on'),
	('office_code, channel', $$'T-P-C-1', 'pigeon'$$, 'unknown channel pigeon'),
	('office_code, source', $$'T-P-C-1', 'old'$$, 'only one of source and source_ref'),
	('office_code, source_ref', $$'T-P-C-1', 'old'$$, 'only one of source and source_ref'),
	('office_code, outcome', $$'T-P-C-1', 'referred'$$, 'referred without notice_at'),
	('office_code, outcome', $$'T-P-C-1', 'result'$$, 'result without reply_at'),
	('office_code, reply_at', $$'T-P-C-1', '2026-03-01'$$, 'progress or result'),
	('office_code, notice_at, outcome', $$'T-P-C-1', '2026-03-02', 'fine'$$, 'no outcome fine'),
	('office_code, received_on, notice_at', $$'T-P-C-1', '2026-03-01', '2026-02-28'$$, 'before its receipt'),
	('office_code, letter_no', $$'T-P-C-1', 'I 1'$$, 'printable ASCII'),
	('office_code, handler', $$'T-P-C-1', '张三'$$, 'handler is not')) v (columns, row_values, says);
insert into letterwatch.intake_letter (letter_no, office_code, registry_no) values ('I-1', 'T-P-C-1', '7');
select lwtest.refused($$ insert into letterwatch.intake_letter (letter_no, office_code) values ('I-1', 'T-P-C-1') $$,
	'number I-1 is taken', 'a number that is taken');
select lwtest.refused($$ insert into letterwatch.intake_letter (office_code, registry_no) values ('T-P-C-1', '7') $$,
	'number 7 of office T-P-C-1 is taken in 2026', 'a registry number that is taken');
select lwtest.refused($$ insert into letterwatch.intake_letter (letter_no, office_code) values ('I-2', 'T-P-C-1'), ('I-3', 'T-X') $$,
	'I-3', 'one of two');
select is((select count(*)::int from letterwatch.letter where letter_no in ('I-2', 'I-3')), 0, 'all or nothing');

-- ---- kept, not refused -----------------------------------------------------------------------

set local letterwatch.rejects = 'keep';
insert into letterwatch.intake_letter (letter_no, office_code, source, source_ref) values
	('I-4', 'T-P-C-1', 'old', '11'), ('I-5', 'T-X', 'old', '12'), ('I-1', 'T-P-C-1', 'old', '13'), (null, 'T-P-C-1', 'old', '14'),
	(null, null, null, null);
insert into letterwatch.intake_letter (office_code, received_on, source, source_ref) values ('T-P-C-1', '2026-03-05', 'old', '15');
select lwtest.rows_are(
	$$ select source_ref, reason from letterwatch.intake_rejects order by 1 $$,
	$$ values
		('12', 'letter I-5 cannot be registered: unknown office T-X'),
		('13', 'letter number I-1 is taken'),
		('15', 'letter 15 cannot be registered: its day of receipt, 2026-03-05, lies in the future') $$,
	'what does not fit is noted, by its number in its source');
select is((select count(*)::int from letterwatch.letter where source_ref in ('11', '14')), 2, 'the rest is taken');
insert into letterwatch.office_alias (source, alias, office_code) values ('old', 'T-X', 'T-P-C-2');
insert into letterwatch.intake_letter (letter_no, office_code, source, source_ref) values ('I-5', 'T-X', 'old', '12');
select is((select office_code from letterwatch.letter where letter_no = 'I-5'), 'T-P-C-2', 'a source may have its own codes of offices');
select is((select count(*)::int from letterwatch.intake_rejects where source_ref = '12'), 0, 'what is mended is noted no more');
reset letterwatch.rejects;

-- ---- events ----------------------------------------------------------------------------------

insert into letterwatch.intake_event (letter_ref, kind, outcome, occurred_at, source, source_ref)
values ('11', 'notice', 'accepted', '2026-03-02', 'old', 'e1');
insert into letterwatch.intake_event (letter_no, kind, outcome, occurred_at, source, source_ref)
values ('I-4', 'notice', 'accepted', '2026-03-02', 'old', 'e1');
select is(lwtest.life('11'), 'T-P-C-1 2026-03-02 post accepted|notice accepted 2026-03-02 00:00:00',
	'an event finds its letter by its number in the source, and comes once');
insert into letterwatch.intake_event (letter_ref, kind, outcome, occurred_at, source, source_ref)
values ('5', '告知', '已移送', '2026-02-06', 'old', 'e5');
select is((select status from letterwatch.letter_state s join letterwatch.letter l using (letter_no) where l.source_ref = '5'), 'referred', 'Chinese titles there, too');
insert into letterwatch.intake_event (letter_no, kind, to_office, reason, source, source_ref)
values ('I-4', 'transfer', 'T-X', 'theirs', 'old', 'e2');
select is((select office_code from letterwatch.letter_state where letter_no = 'I-4'), 'T-P-C-2', 'to_office may be the source''s code');
select lwtest.refused(format('insert into letterwatch.intake_event (%s) values (%s)', v.columns, v.row_values), v.says, v.says)
from (values
	('letter_ref, kind, source, source_ref', $$'99', 'result', 'old', 'e9'$$, 'no letter 99 of source old'),
	('letter_no, kind', $$'I-99', 'result'$$, 'no letter I-99'),
	('letter_no, kind, occurred_at', $$'I-1', 'result', '1.2.2026'$$, 'occurred_at is no moment'),
	('letter_no, kind, until', $$'I-1', 'mute', 'soon'$$, 'until is no day'),
	('letter_no, kind, of_event', $$'I-1', 'void', 'x'$$, 'of_event is no number'),
	('letter_no, kind, outcome, source, source_ref', $$'I-4', 'notice', 'referred', 'old', 'e1'$$, 'which says something else')) v (columns, row_values, says);

-- ---- a file's header -------------------------------------------------------------------------

select lwtest.rows_are(
	format($$ select what, columns, fault from letterwatch.read_header(convert_to(%L, %L), %L, '{}') $$, v.header, v.encoding, v.encoding),
	format('values (%L, %L, %L)', v.what, v.columns, v.fault), 'header: ' || v.header)
from (values
	('office_code,letter_no', 'UTF8', 'letter', 'office_code, letter_no', null),
	(e'\ufeff"Letter_No", office_code\r', 'UTF8', 'letter', 'letter_no, office_code', null),
	('收信日期,单位代码', 'GB18030', 'letter', 'received_on, office_code', null),
	('rejected_line,rejected,letter_no,kind', 'UTF8', 'event', 'rejected_line, rejected, letter_no, kind', null),
	('office_code,recieved_on', 'UTF8', 'letter', null, 'unknown column "recieved_on"'),
	('office_code;title', 'UTF8', 'letter', null, 'unknown column "office_code;title"'),
	('office_code,batch', 'UTF8', 'letter', null, 'unknown column "batch"'),
	('office_code,office_code', 'UTF8', 'letter', null, 'column "office_code" is there twice'),
	('office_code,"letter_no', 'UTF8', null, null, 'a quote of the first line is not closed'),
	('', 'UTF8', null, null, 'the first line does not name the columns')) v (header, encoding, what, columns, fault);
select is((select fault from letterwatch.read_header('\xc0b4', 'UTF8', '{}')), 'the first line is no text in UTF8', 'header: not of the encoding');

select is((select sed from letterwatch.read_header(convert_to(e'office_code,title,letter_no\r\n', 'UTF8'), 'UTF8', '{{3,5,2},{7,7,-1},{9,12,0}}')),
	e'3,5s/.*/"",,\\r/\n7,7s/.*/"",,\\r/\n9,$d', 'header: malformed records become blank ones, line by line, with the file''s line ends');
select is((select sed from letterwatch.read_header('office_code', 'UTF8', '{{3,3,2}}')), '3,3s/.*/""/', 'header: of one column');

-- ---- batches -----------------------------------------------------------------------------------

-- What a batch of these lines becomes: letters|rejected.
create function lwtest.batch(refs text[]) returns text
	language plpgsql
	as $$
declare
	batch bigint := letterwatch.open_batch('hostile');
	taken letterwatch.intake_count;
begin
	insert into letterwatch.intake_letter_line (office_code, source, source_ref) select 'T-P-C-1', 'hostile', r from unnest(refs) r;
	taken := letterwatch.take_batch(batch, 'letter');
	perform letterwatch.close_batch(batch);
	return concat_ws('|', taken.letters, taken.rejected);
end $$;
select is(lwtest.batch(array['h1', repeat('字', 1000000), 'h2', 'h3']), '3|1', 'a value that no index holds keeps no other line out');
select is((select string_agg(reason, '|') from letterwatch.intake_rejected where source = 'hostile'), 'one of its values is too long', 'it is kept with its reason');
select is(lwtest.batch(array['h1', repeat('字', 1000000)]), '0|0', 'and not told again when it comes again');
select throws_ok($$insert into letterwatch.intake_letter (office_code, source, source_ref) values ('T-P-C-1', 'hostile', repeat('字', 1000000))$$,
	'LW001', 'one of its values is too long', 'by itself it is refused in the same words');
select is((select count(*)::int from letterwatch.log_line where event = 'intake' and 'hostile' = any (fields)), 1, 'what a batch brought is told once');
select letterwatch.close_batch(batch_id) from letterwatch.intake_batch where source = 'hostile' \g /dev/null
select letterwatch.close_batch(-1) \g /dev/null
select is((select count(*)::int from letterwatch.log_line where event = 'intake' and not 'source' = any (fields) or fields[4] = 'hostile'), 1,
	'a batch that is closed, or none, is not told again');

-- A line that even reading fails of, whatever the reason: there the function that reads days raises errors.
savepoint reading;
create or replace function letterwatch.intake_day(value text) returns date language sql stable as $$ select value::date $$;
create or replace function letterwatch.intake_moment(value text, time_zone text) returns timestamptz language sql stable as $$ select value::timestamptz $$;
create function lwtest.unreadable(what text, lines text, refs text) returns text
	language plpgsql
	as $$
declare
	batch bigint := letterwatch.open_batch('unreadable');
	taken letterwatch.intake_count;
begin
	execute format('insert into letterwatch.intake_%s_line %s', what, lines);
	taken := letterwatch.take_batch(batch, what);
	perform letterwatch.close_batch(batch);
	return concat_ws('|', taken.letters + taken.events, taken.rejected,
		(select string_agg(concat_ws(' ', i.source, i.source_ref, i.reason), ', ' order by i.source_ref)
		 from letterwatch.intake_rejected i where i.source_ref ~ refs));
end $$;
select is(lwtest.unreadable('letter', $$ (office_code, received_on, source, source_ref)
	values ('T-P-C-1', '2026-03-01', null, 'q1'), ('T-P-C-1', '2026-13-45', null, ' q2 '), ('T-P-C-1', '2026-02-30', 'other', 'q3'),
	       ('T-P-C-1', '2026-03-01', null, 'q4') $$, '^q'),
	'2|2|unreadable q2 date/time field value out of range: "2026-13-45", other q3 date/time field value out of range: "2026-02-30"',
	'a letter that cannot be read keeps no other out, and is noted');
select is(lwtest.unreadable('letter', $$ (office_code, received_on, source_ref) values ('T-P-C-1', '2026-13-45', 'q2') $$, '^q2'),
	'0|0|unreadable q2 date/time field value out of range: "2026-13-45"', 'once');
select is(lwtest.unreadable('event', $$ (letter_ref, kind, until, source_ref)
	values ('q1', 'assign', null, 'qe1'), ('q1', 'mute', '2026-13-45', 'qe2'), ('q4', 'assign', null, 'qe3') $$, '^qe'),
	'2|1|unreadable qe2 date/time field value out of range: "2026-13-45"', 'nor does an event');
rollback to reading;

-- Two rows of one number, of which one is wrong.
insert into letterwatch.intake_letter_line (office_code, source_ref, notice_at) values ('T-P-C-1', 'h5', null), ('T-P-C-1', 'h5', 'soon');
select is((letterwatch.take_batch(letterwatch.open_batch('hostile'), 'letter')).rejected, 1::bigint, 'a number that comes twice, once wrong');
select is((select reason from letterwatch.intake_rejected where source_ref = 'h5'), 'notice_at is no moment', 'what is wrong is noted');
select is((select count(*)::int from letterwatch.letter where source_ref = 'h5'), 1, 'what is right is taken');

set local letterwatch.rejects = 'keep';
insert into letterwatch.intake_letter (office_code, source, source_ref, notice_at) values ('T-P-C-1', 'door', '1', null), ('T-P-C-1', 'door', '1', 'soon');
select is((select string_agg(reason, '|') from letterwatch.intake_rejected where source = 'door'), 'notice_at is no moment', 'by the front door, too');
insert into letterwatch.intake_letter (office_code, source, source_ref, reply_at) values ('T-P-C-1', 'door', '1', 'soon');
select is((select string_agg(reason, '|') from letterwatch.intake_rejected where source = 'door'), 'reply_at is no moment', 'what is wrong in another way is noted anew');
insert into letterwatch.intake_letter (office_code, source, source_ref) values ('T-P-C-1', 'door', '1');
select is((select count(*)::int from letterwatch.intake_rejected where source = 'door'), 0, 'and no more when it is mended');
insert into letterwatch.intake_letter (office_code, source, source_ref) values (e'A\n1\tB\r', 'door', '2');
select is((select reason from letterwatch.intake_rejected where source = 'door'), 'letter 2 cannot be registered: unknown office A 1 B ', 'a reason is one line');
reset letterwatch.rejects;

-- ---- many that do not fit ----------------------------------------------------------------------

-- How many transactions and subtransactions have begun to write so far.
create function lwtest.xids() returns bigint
	language sql
	as $$ select pg_snapshot_xmax(pg_current_snapshot())::text::bigint $$;

-- What a batch of these lines of letters or events becomes: letters|events|rejected, and whether more was tried than few times.
create function lwtest.takes(what text, lines text) returns text
	language plpgsql
	as $$
declare
	batch bigint := letterwatch.open_batch('many');
	before bigint;
	taken letterwatch.intake_count;
begin
	execute format('insert into letterwatch.intake_%s_line %s', what, lines);
	before := lwtest.xids();
	taken := letterwatch.take_batch(batch, what);
	perform letterwatch.close_batch(batch);
	return concat_ws('|', taken.letters, taken.events, taken.rejected, case when lwtest.xids() - before > 20 then 'one by one' end);
end $$;

create function lwtest.reasons() returns text
	language sql
	as $$
	select string_agg(concat_ws(' x ', x.reason, nullif(x.count, 1)), '|' order by x.reason collate "C")
	from (select regexp_replace(reason, '[0-9]+', 'n', 'g') as reason, count(*)
	      from letterwatch.intake_rejected
	      where source = 'many'
	      group by 1) x
	$$;

select is(lwtest.takes('letter', $$ (office_code, received_on, channel, source_ref)
	select 'T-P-C-1', case n % 3 when 0 then '2026-04-01' else '2026-03-01' end, case n % 3 when 1 then 'pigeon' else 'post' end, 'm' || n
	from generate_series(1, 1200) n $$), '400|0|800', 'of many letters those that fit are taken, the others found together');
select is(lwtest.reasons(),
	'letter mn cannot be registered: its day of receipt, n-n-n, lies in the future x 400|letter mn cannot be registered: unknown channel pigeon x 400',
	'each with what is wrong with it');
delete from letterwatch.intake_rejected;
select is(lwtest.takes('letter', $$ (office_code, received_on, notice_at, outcome, handler, source_ref)
	select 'T-P-C-1', '2026-03-01', case when n % 2 = 0 then '2026-02-01' else '2026-03-02' end, 'accepted', case when n % 3 = 0 then 'no code' end,
	       'w' || n from generate_series(1, 300) n $$), '100|100|200', 'so are letters whose history does not fit');
select is(lwtest.reasons(),
	'letter wn: notice on n-n-n lies before its receipt on n-n-n x 100|letter wn: the handler is not n to n printable ASCII characters x 100',
	'with the first that is wrong');
select is((select count(*)::int from letterwatch.letter where source_ref like 'w%'), 100, 'and nothing of them stands');
delete from letterwatch.intake_rejected;

insert into letterwatch.letter (letter_no, office_code, received_on) select 'N-' || n, 'T-P-C-1', date '2026-03-01' from generate_series(1, 400) n;
select is(lwtest.takes('event', $$ (letter_no, kind, outcome, occurred_at, source_ref)
	select 'N-' || n, 'notice', 'accepted', '2026-03-02', 'n' || n from generate_series(1, 800) n $$), '0|400|400',
	'of many events those of letters that are there are taken');
select is(lwtest.reasons(), 'there is no letter N-n x 400', 'the others are named');
delete from letterwatch.intake_rejected;

-- One that does not fit does not make another impossible: the first notice names no unit, the second one fits.
select is(lwtest.takes('event', $$ (letter_no, kind, outcome, occurred_at, unit, source_ref)
	select 'N-' || n, v.kind, null, v.at, v.unit, v.kind || v.at || n
	from generate_series(1, 100) n
	cross join (values ('result', '2026-03-02 08:00', 'no unit'), ('result', '2026-03-02 09:00', null),
	                   ('result', '2026-03-02 09:30', null)) v (kind, at, unit) $$), '0|100|200',
	'what another one would make impossible is taken, if that one does not fit');
select is(lwtest.reasons(),
	'letter N-n: result is not possible on n-n-n, when its status is answered x 100|letter N-n: unknown unit no unit x 100', 'each is at fault by itself');
delete from letterwatch.intake_rejected;

-- Two lines of a letter, of which the first does not fit: the second one is judged as if it came alone.
select is(lwtest.takes('event', format('(letter_no, kind, outcome, occurred_at, to_office, unit, received_on, rule_set, by_office, until, reason, source_ref)
	select %L, v.* from (values %s) v (kind, outcome, occurred_at, to_office, unit, received_on, rule_set, by_office, until, reason, source_ref)',
	t.letter_no, t.events)), '0|1|1', t.title)
from (values
	('N-120', $$ ('void', null, null, null, null, null, null, null, null, null, 'v1'),
	            ('assign', null, '2026-03-02 09:00', null, 'case', null, null, null, null, null, 'v2') $$, 'no event to be void, and another'),
	('N-121', $$ ('correct', null, null, null, null, '2026-03-02', null, null, null, null, 'c1'),
	            ('assign', null, '2026-03-01 12:00', null, 'case', null, null, null, null, null, 'c2') $$, 'corrected without a reason'),
	('N-122', $$ ('transfer', null, '2026-03-02 09:00', 'T-P-C-2', 'no unit', null, null, null, null, 'theirs', 't1'),
	            ('transfer', null, '2026-03-02 09:00', 'T-P-C-2', null, null, null, null, null, 'theirs', 't2') $$, 'a transfer to an unknown unit'),
	('N-123', $$ ('correct', null, null, null, null, null, 'nonsense', null, null, 'mended', 'r1'),
	            ('supervise', null, '2026-03-02 09:00', null, null, null, null, 'T-P-C-1', '2026-03-20', 'hurry', 'r2') $$, 'an unknown rule set'))
	t (letter_no, events, title);
select is(lwtest.takes('event', $$ (letter_no, kind, of_event, reason, source_ref)
	select e.letter_no, 'void', e.event_id, 'twice', 'tw' || n from letterwatch.letter_event e cross join generate_series(1, 2) n
	where e.letter_no = 'N-124' $$), '0|1|1', 'the same made void twice');
select is(lwtest.takes('letter', $$ (office_code, received_on, notice_at, outcome, source_ref)
	values ('T-P-C-1', '2026-03-01', '2026-02-01', 'accepted', 'u1'), ('T-P-C-1', '2026-03-01', '2026-02-01', 'accepted', 'u2') $$), '0|0|2',
	'a batch of which nothing fits counts nothing');
select is(current_setting('letterwatch.faults', true), '', 'others are not named more than they need');

create temp table planned as select p.ctid as at from letterwatch.planning p;
insert into letterwatch.letter_event (letter_no, kind) select 'N-1', 'result' where false;
insert into letterwatch.letter (office_code) select 'T-P-C-1' where false;
select is((select p.ctid from letterwatch.planning p), (select at from planned), 'no rows, no work');

-- ---- roles -----------------------------------------------------------------------------------

grant usage on schema lwtest to public;
create role lwtest_in in role letterwatch_intake;
set local role lwtest_in;
insert into letterwatch.intake_letter (office_code, title, source, source_ref) values ('T-P-C-1', 'Canary', 'old', '21');
insert into letterwatch.intake_event (letter_ref, kind, source, source_ref) values ('21', 'result', 'old', 'e21');
select is((select count(*)::int from letterwatch.intake_known where source_ref in ('21', 'e21')), 2, 'the role of the services takes in');
select throws_ok('select * from letterwatch.' || t, '42501', null, 'and reads no ' || t)
from unnest('{letter,letter_event,letter_state,intake_letter,intake_letter_line,intake_event,intake_event_line,intake_rejected}'::text[]) t;
reset role;
select ok(not exists (select from letterwatch.intake_letter_line) and not exists (select from letterwatch.intake_event_line), 'no line is left');

select lwtest.refused($$ select letterwatch.take_batch((select max(b.batch_id) from letterwatch.intake_batch b where b.ended_at is not null), 'letter') $$,
	'batch \d+ is not open', 'lines for a batch that has ended');

select * from finish();
rollback;
